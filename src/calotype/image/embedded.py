"""ICC profiles in JPEG 2000 and BMP files, which Pillow does not read."""

from __future__ import annotations

import struct
from typing import BinaryIO

from calotype.image.cicp import boxes

_MOST = 8 << 20  # bytes of a header that are read: profiles are smaller
_JP2 = b"\x00\x00\x00\x0cjP  "
_ICC_METHODS = (2, 3)  # of a colour specification box: restricted and any profile (ISO/IEC 15444-1, -2)
_BMP_HEADER, _V5 = 14, 124  # bytes
_EMBEDDED = b"DEBM"  # a colour space of BITMAPV5HEADER: the profile is in the file


def embedded_profile(file: BinaryIO) -> bytes | None:
    """The profile in a file; ``None`` if it has none, is damaged, or of another format.

    Args:
        file: seekable; its position is kept.
    """
    place = file.tell()
    try:
        file.seek(0)
        head = file.read(12)
        if head == _JP2 + b"\r\n\x87\n":
            return _of_jp2(file)
        return _of_bmp(file) if head[:2] == b"BM" else None
    except (OSError, ValueError, struct.error, IndexError):
        return None
    finally:
        file.seek(place)


def _of_jp2(file: BinaryIO) -> bytes | None:
    file.seek(0)
    header = next((content for kind, content in boxes(file.read(_MOST)) if kind == b"jp2h"), b"")
    for kind, content in boxes(header):
        if kind == b"colr" and content[0] in _ICC_METHODS:
            return content[3:]
    return None


def _of_bmp(file: BinaryIO) -> bytes | None:
    file.seek(_BMP_HEADER)
    header = file.read(_V5)
    (size,) = struct.unpack("<I", header[:4])
    if size != _V5 or header[56:60] != _EMBEDDED:
        return None
    place, length = struct.unpack("<II", header[112:120])
    file.seek(_BMP_HEADER + place)
    profile = file.read(min(length, _MOST))
    return profile if len(profile) == length else None
