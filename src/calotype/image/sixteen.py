"""Files with 16 bits a channel, of which Pillow gives the upper 8 of colours: PNG and TIFF, read with both bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FORMATS = {"PNG", "TIFF"}
# Pillow's decoders take one byte of two; for the other order of bytes they take the other one.
_OTHER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if np.little_endian else ";16L"}
_GREY_AND_ALPHA = "LA;16B"


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether the file of an image that is not decoded yet has 16 bits a channel, in colours or grey with alpha."""
    modes = [_raw_mode(tile) for tile in getattr(image, "tile", ())]
    return image.format in _FORMATS and bool(modes) and all(mode[-4:] in _OTHER and mode[0] != "I" for mode in modes)


def lower_bytes(file: BinaryIO) -> NDArray[np.uint8] | None:
    """The lower bytes of the values of a file for which ``has_sixteen_bits`` holds: [H, W, C], as Pillow turns it.

    Args:
        file: seekable; read from its beginning.

    Returns:
        C = 3, or 4 with alpha; ``None`` if the file changed meanwhile.
    """
    file.seek(0)
    with Image.open(file, formats=sorted(_FORMATS)) as image:
        if not has_sixteen_bits(image):
            return None
        if _raw_mode(image.tile[0]) == _GREY_AND_ALPHA:
            image.tile = [_with(tile, "RGBA") for tile in image.tile]  # four bytes: both of grey, both of alpha
            image.load()
            both = np.asarray(image)
            return np.stack([both[..., 1]] * 3 + [both[..., 3]], axis=-1)
        image.tile = [_with(tile, _raw_mode(tile)[:-4] + _OTHER[_raw_mode(tile)[-4:]]) for tile in image.tile]
        image.load()
        return np.asarray(image)


def _raw_mode(tile: Any) -> str:
    arguments = tile[3]
    if isinstance(arguments, Sequence) and not isinstance(arguments, str):
        arguments = arguments[0] if arguments else ""
    return arguments if isinstance(arguments, str) else ""


def _with(tile: Any, raw_mode: str) -> Any:
    arguments = tile[3]
    return tile._replace(args=raw_mode if isinstance(arguments, str) else (raw_mode, *arguments[1:]))
