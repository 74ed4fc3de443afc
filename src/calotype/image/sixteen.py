"""Writing PNGs with 16 bits a channel, which Pillow does not for colours."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


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
