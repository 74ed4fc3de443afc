"""Pillow's modes and arrays, as plain images of 8 bits or values of 16."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.errors import InputError
from calotype.image.limits import check_smallest
from calotype.image.opening import SAVE_AS

# Levels of grey between neighbouring values of 2 and 4 bits, which Pillow spreads over 0..255.
SPREAD = {"L;2": 85, "L;4": 17}
_WHITE_IS_ZERO = 0
_PHOTOMETRIC = 262  # TIFF tag


def plain(image: Image.Image) -> Image.Image:
    """An image of 8 bits in one of the modes L, LA, RGB, RGBA, CMYK."""
    mode = image.mode
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image
    if mode == "La":
        return image.convert("LA")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if mode == "1" else "RGB")


def spread_transparency(image: Image.Image, raw: str) -> None:
    """Make the transparent value of a grey PNG the level that it is decoded to.

    Args:
        image: opened or decoded.
        raw: its raw mode before it was decoded; Pillow spreads the pixels of 2 and 4 bits, but not this value.
    """
    clear = image.info.get("transparency")
    if isinstance(clear, int) and raw in SPREAD:
        image.info["transparency"] = clear * SPREAD[raw]


def is_deep_grey(image: Image.Image) -> bool:
    """Whether an image is grey with more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def grey_words(image: Image.Image, label: str) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """The values of a deep grey image, [H, W], and its alpha, if it names a transparent value.

    Integers mean 0..65535, floats mean 0..1.

    Raises:
        InputError: there are others.
    """
    values = np.asarray(image)
    if values.dtype.kind == "f":
        if not (values.min() >= 0 and values.max() <= 1):  # written so that NaN is rejected, too
            raise InputError(f"{label} has floating-point values outside 0..1: {SAVE_AS}")
        return np.rint(values.astype(np.float64) * 65535).astype(np.uint16), None
    if values.min() < 0:
        raise InputError(f"{label} has values below 0: {SAVE_AS}")
    if values.max() > 65535:
        raise InputError(f"{label} has more than 16 bits a pixel: {SAVE_AS}")
    values = values.astype(np.uint16)
    clear = image.info.get("transparency")
    alpha = None if not isinstance(clear, int) else np.where(values == clear, np.uint16(0), np.uint16(65535))
    # Pillow inverts such values of 8 bits only.
    inverted = image.mode.startswith("I;16") and _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO
    return (np.uint16(65535) - values if inverted else values), alpha


def _tag(image: Image.Image, number: int) -> Any:
    return getattr(image, "tag_v2", {}).get(number)


def image_of_array(array: NDArray[Any]) -> tuple[Image.Image, NDArray[np.uint16] | None]:
    """A PIL image of an array [H, W], [H, W, 3] or [H, W, 4]: uint8, uint16, bool or float 0..1.

    Returns:
        The image, of 8 bits, and the values of an array of uint16.

    Raises:
        InputError: of another shape or type.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(
            f"an array of shape {list(array.shape)} is not a photo: give [height, width] or [height, width, 3 or 4]"
        )
    height, width = array.shape[:2]
    check_smallest(width, height, "the array")
    words = array.astype(np.uint16) if array.dtype.kind == "u" and array.dtype.itemsize == 2 else None
    return Image.fromarray(np.ascontiguousarray(_bytes_of(array))), words


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:
        return eight_bits(array)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise InputError("the array holds values that are not finite (NaN or infinity): replace them")
        if not (array.min() >= -1e-3 and array.max() <= 1 + 1e-3):
            raise InputError("an array of floats must hold 0..1: divide by its largest possible value, or give uint8")
        return np.rint(np.clip(array.astype(np.float64), 0, 1) * 255).astype(np.uint8)
    raise InputError(f"an array of {array.dtype} is not a photo: give uint8, uint16 or floats from 0 to 1")


def eight_bits(words: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of 16 bits, rounded to 8."""
    return ((words.astype(np.uint32) + 128) // 257).astype(np.uint8)
