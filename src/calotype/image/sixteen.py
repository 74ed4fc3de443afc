"""Files with 16 bits a channel, of which Pillow reads the upper 8 of colours and writes none: PNG and TIFF."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
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


def sixteen_bit_png(
    values: NDArray[np.uint16],
    texts: Mapping[str, str],
    *,
    exif: bytes = b"",
    dpi: tuple[float, float] | None = None,
    xmp: str = "",
) -> bytes:
    """A PNG with 16 bits a channel (W3C, Portable Network Graphics, third edition).

    Args:
        values: [H, W, 3 or 4], sRGB.
        texts: ASCII texts by keyword.
        exif: a block as Pillow writes it; empty for none.
        dpi: pixels per inch, horizontal and vertical.
        xmp: an XMP packet; empty for none.
    """
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, width * channels).view(np.uint8)
    # Filter 2: each row is stored as its difference from the one above.
    differences = np.vstack([rows[:1], rows[1:] - rows[:-1]])
    data = np.hstack([np.full((height, 1), 2, np.uint8), differences]).tobytes()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0))]
    chunks += [(b"tEXt", name.encode("ascii") + b"\0" + text.encode("ascii")) for name, text in texts.items()]
    if xmp:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()))
    if dpi is not None:
        across, down = (round(one / 0.0254) for one in dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if exif:
        chunks.append((b"eXIf", exif.removeprefix(b"Exif\0\0")))
    chunks += [(b"IDAT", zlib.compress(data, 6)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _raw_mode(tile: Any) -> str:
    arguments = tile[3]
    if isinstance(arguments, Sequence) and not isinstance(arguments, str):
        arguments = arguments[0] if arguments else ""
    return arguments if isinstance(arguments, str) else ""


def _with(tile: Any, raw_mode: str) -> Any:
    arguments = tile[3]
    return tile._replace(args=raw_mode if isinstance(arguments, str) else (raw_mode, *arguments[1:]))
