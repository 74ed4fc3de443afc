"""Colours with 16 bits a channel in PNG, TIFF and PPM files, of which Pillow decodes the upper 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_FORMATS = {"PNG", "TIFF"}
# Pillow's decoders take one byte of two; for the other order of bytes they take the other one.
_OTHER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if np.little_endian else ";16L"}
_COLOURS = {"RGB", "RGBX", "RGBA", "RGBa"}
_GREY_AND_ALPHA = "LA;16B"
_BITS, _PLANAR, _SEPARATE = 258, 284, 2  # TIFF tags
NOT_READ = "has 16 bits a channel in a form of which 8 bits are read: save it as a PNG of 16 bits to keep them"


@dataclass(frozen=True)
class Words:
    """Which bytes of a file Pillow's decoders are to take.

    Attributes:
        upper: the raw mode of each tile for the upper byte of a value.
        lower: likewise for the lower byte.
        premultiplied: whether colours are multiplied by alpha in the file.
        place: of the values of a PPM, which Pillow is not asked for.
        most: the largest value of a PPM.
    """

    upper: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    premultiplied: bool = False
    place: int = 0
    most: int = 65535


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether the file of an image that is not decoded yet has 16 bits a channel, in colours or grey with alpha."""
    modes = raw_modes(image)
    if image.format == "PPM":
        return _ppm(image) is not None
    if image.format not in _FORMATS or not modes:
        return False
    return _is_planar(image) or all(mode[-4:] in _OTHER and mode[0] != "I" for mode in modes)


def words_of_file(image: Image.Image) -> Words | None:
    """How to read the values of a file for which ``has_sixteen_bits`` holds; ``None`` if Pillow cannot."""
    modes = raw_modes(image)
    if image.format == "PPM":
        return _ppm(image)
    if _is_planar(image):
        return _words_of_planes(image, modes)
    if modes == (_GREY_AND_ALPHA,):
        return Words(modes, ("RGBA",))  # four bytes: both of grey, both of alpha
    if not all(mode[:-4] in _COLOURS for mode in modes):
        return None
    # Pillow would divide by alpha byte by byte.
    plain = [mode.replace("RGBa", "RGBA") for mode in modes]
    return Words(tuple(plain), tuple(mode[:-4] + _OTHER[mode[-4:]] for mode in plain), "RGBa" in modes[0])


def _ppm(image: Image.Image) -> Words | None:
    """Where a PPM of numbers of two bytes has them."""
    tile: Any = getattr(image, "tile", ())
    if image.mode != "RGB" or not tile or tile[0][0] != "ppm" or tile[0][3][-1] < 256:
        return None
    return Words(place=tile[0][2], most=tile[0][3][-1])


def _of_ppm(image: Image.Image, file: BinaryIO, words: Words) -> NDArray[np.uint16]:
    file.seek(words.place)
    values = np.frombuffer(file.read(6 * image.width * image.height), ">u2").reshape(image.height, image.width, 3)
    return np.rint(values * (65535 / words.most)).clip(0, 65535).astype(np.uint16)


def _words_of_planes(image: Image.Image, modes: tuple[str, ...]) -> Words | None:
    """Pillow takes uncompressed planes for such of one byte a value, and of compressed ones it gives the upper byte."""
    if not set(modes) <= {"R", "G", "B", "A", "a"}:
        return None
    names = (";16B", ";16L") if _tags(image).prefix[:2] == b"MM" else (";16L", ";16B")
    upper, lower = (tuple(mode.upper() + name for mode in modes) for name in names)
    return Words(upper, lower, "a" in modes)


def decode_upper(image: Image.Image, words: Words) -> None:
    """Have the upper bytes of an image decoded when it is loaded."""
    if words.upper:
        _take(image, words.upper)


def read_words(upper: Image.Image, file: BinaryIO, words: Words) -> NDArray[np.uint16]:
    """The values of a file, turned like Pillow turns it, colours not multiplied by alpha.

    Args:
        upper: loaded after ``decode_upper``.
        file: of the image; seekable, read from its beginning.
        words: as from ``words_of_file``.

    Returns:
        [H, W, C], C = 3, or 4 with alpha.

    Raises:
        OSError: the file changed meanwhile.
    """
    if not words.upper:
        return _of_ppm(upper, file, words)
    file.seek(0)
    with Image.open(file, formats=sorted(_FORMATS)) as image:
        if len(getattr(image, "tile", ())) == len(words.lower):
            _take(image, words.lower)
        image.load()
        low, high = np.asarray(image), np.asarray(upper)
    if words.upper == (_GREY_AND_ALPHA,):
        low = low[..., [1, 1, 1, 3]]
    if high.shape != low.shape or high.ndim != 3:
        raise OSError("it was changed while it was read")
    values = (high.astype(np.uint16) << 8 | low).astype(np.uint16)
    return _straight(values) if words.premultiplied and values.shape[2] == 4 else values


def _straight(values: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Colours divided by alpha."""
    alpha = values[..., 3:].astype(np.float64) / 65535
    colours = np.divide(values[..., :3], alpha, out=np.zeros(values[..., :3].shape), where=alpha > 0)
    return np.concatenate([np.rint(colours.clip(0, 65535)).astype(np.uint16), values[..., 3:]], axis=2)


def _is_planar(image: Image.Image) -> bool:
    tags = _tags(image)
    return len(tags.get(_BITS, ())) > 1 and set(tags[_BITS]) == {16} and tags.get(_PLANAR) == _SEPARATE


def _tags(image: Image.Image) -> Any:
    return getattr(image, "tag_v2", {})


def raw_modes(image: Image.Image) -> tuple[str, ...]:
    """How Pillow's decoders are to read the pixels, a mode for each tile; none of an image that is decoded."""
    return tuple(_raw_mode(tile) for tile in getattr(image, "tile", ()))


def _raw_mode(tile: Any) -> str:
    arguments = tile[3]
    if isinstance(arguments, Sequence) and not isinstance(arguments, str):
        arguments = arguments[0] if arguments else ""
    return arguments if isinstance(arguments, str) else ""


def _take(image: Any, modes: tuple[str, ...]) -> None:
    image.tile = [_with(tile, mode) for tile, mode in zip(image.tile, modes, strict=True)]


def _with(tile: Any, raw_mode: str) -> Any:
    arguments = tile[3]
    return tile._replace(args=raw_mode if isinstance(arguments, str) else (raw_mode, *arguments[1:]))
