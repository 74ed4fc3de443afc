"""The numbers that a file stores for its pixels, whatever Pillow makes of them: labels are not brightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.image.deep import raw_modes
from calotype.image.modes import SPREAD
from calotype.image.reading import turned

_WHITE_IS_ZERO = "I"  # at the end of a raw mode of TIFF and PBM


def stored_numbers(image: Image.Image) -> tuple[Image.Image, NDArray[np.int64] | None]:
    """The upright image, and its numbers: grey levels, palette indices, bits, values of more bits, or whole floats.

    Args:
        image: opened; it is decoded.

    Returns:
        int64 [H, W]; ``None`` for colours, and for floats that are not whole.
    """
    raw, most = _raw_mode(image), _maximum(image)
    image.load()
    upright = turned(image)
    if image.mode == "LA":
        opaque = int(np.asarray(upright.getchannel("A")).min()) == 255
        return upright, np.asarray(upright.getchannel("L")).astype(np.int64) if opaque else None
    if image.mode == "F":
        return upright, _whole(np.asarray(upright))
    if image.mode not in ("P", "L", "1") and not image.mode.startswith("I"):
        return upright, None
    numbers = np.asarray(upright).astype(np.int64)
    if most is not None:
        numbers = np.rint(numbers * (most / (255 if image.mode == "L" else 65535))).astype(np.int64)
    if image.mode in ("L", "1") and ";" in raw and raw.endswith(_WHITE_IS_ZERO):
        numbers = (255 if image.mode == "L" else 1) - numbers
    return upright, numbers // SPREAD.get(raw[:3], 1)


def _raw_mode(image: Image.Image) -> str:
    return next(iter(raw_modes(image)), "")


def _maximum(image: Image.Image) -> int | None:
    """The value of a PGM that Pillow makes white; ``None`` where it is that of the mode, and for other formats."""
    tile: Any = getattr(image, "tile", ())
    if image.format != "PPM" or not tile or not tile[0][0].startswith("ppm") or image.mode == "1":
        return None
    most = tile[0][3][-1]
    return most if isinstance(most, int) else None


def _whole(values: NDArray[np.float32]) -> NDArray[np.int64] | None:
    """Whole numbers from 0 to 65535 as integers; ``None`` for others, like brightness from 0 to 1."""
    if not np.isfinite(values).all() or values.min() < 0 or not 1 < values.max() <= 65535:
        return None
    numbers = values.astype(np.int64)
    return numbers if np.array_equal(numbers, values) and len(np.unique(numbers)) <= 255 else None
