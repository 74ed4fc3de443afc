"""JPEG files that lack their last bytes, as a broken transfer leaves them."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

NOTE = "lacks its last bytes: the lowest rows may be grey, or fine detail missing"
_END = b"\xff\xd9"
_MOST_MISSING = 0.1  # share of the rows
_BLOCK = 16  # rows of a decoded block with colour at half the resolution


def completed(file: BinaryIO, format_name: str | None) -> Image.Image | None:
    """A JPEG whose end is missing, decoded as far as it goes; ``None`` if it is none, or too much is missing.

    Args:
        file: seekable.
        format_name: Pillow's name of the file's format.
    """
    if format_name not in ("JPEG", "MPO"):
        return None
    try:
        file.seek(0)
        data = file.read()
        image = Image.open(io.BytesIO(data.rstrip(b"\xff") + _END), formats=["JPEG"])
        image.load()
    except Exception:  # Pillow raises exceptions of any type for a broken file
        return None
    if "progressive" in image.info:
        return image if _has_last_scan(data) else None
    return image if _missing_rows(image) <= max(_BLOCK, _MOST_MISSING * image.height) else None


def _missing_rows(image: Image.Image) -> int:
    """The rows at the bottom in which nothing is drawn: all pixels equal the last one."""
    values = np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    drawn = (values != values[-1, -1]).reshape(image.height, -1).any(axis=1)
    rows = np.flatnonzero(drawn)
    return image.height - 1 - int(rows[-1]) if len(rows) else image.height


def _has_last_scan(data: bytes) -> bool:
    """Whether the scan of a progressive JPEG that completes the luminance has begun (ITU-T T.81, annex G)."""
    place = 0
    while (place := data.find(b"\xff\xda", place)) >= 0:
        count = data[place + 4] if place + 4 < len(data) else 0
        header = data[place + 5 : place + 8 + 2 * count]
        place += 2
        if len(header) == 2 * count + 3 and count == 1 and header[-2] == 63 and header[-1] & 15 == 0:
            return True
    return False
