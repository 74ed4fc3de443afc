"""Code points for colours (ITU-T H.273), as PNG's cICP chunk and the colr box of AVIF and HEIC give them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST = 1 << 20  # bytes of a box that are read: the boxes that describe pictures are far smaller
_BOXES = 4096  # boxes that are looked at in one file


@dataclass(frozen=True)
class CodePoints:
    """Colour primaries, transfer characteristics and range, as numbered in ITU-T H.273.

    Attributes:
        primaries: like 1 for BT.709 and sRGB, 9 for BT.2020, 12 for Display P3; 2 is unspecified.
        transfer: like 13 for sRGB, 16 for PQ, 18 for HLG; 2 is unspecified.
        full_range: whether the values use all of 0..255, and not 16..235. AVIF and HEIC are decoded to the full range.
    """

    primaries: int
    transfer: int
    full_range: bool = True


def code_points(file: BinaryIO) -> CodePoints | None:
    """The code points in a PNG, AVIF or HEIC file; ``None`` if it gives none, or is damaged.

    Args:
        file: seekable; its position is kept.
    """
    place = file.tell()
    try:
        file.seek(0)
        head = file.read(12)
        if head[:8] == _PNG:
            return _of_png(file)
        return _of_boxes(file) if head[4:8] == b"ftyp" else None
    except (OSError, ValueError, struct.error, IndexError):
        return None
    finally:
        file.seek(place)


def is_png(file: BinaryIO) -> bool:
    """Whether a file starts like a PNG; its position is after the signature then."""
    return file.read(len(_PNG)) == _PNG


def png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Type and length of each chunk of a PNG before its pixels; the file is at the chunk's data at each of them.

    Args:
        file: a PNG, seekable, at any position.
    """
    place = len(_PNG)
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
            return
        length = int.from_bytes(head[:4], "big")
        yield head[4:], length
        place += 12 + length


def _of_png(file: BinaryIO) -> CodePoints | None:
    for kind, length in png_chunks(file):
        if kind == b"cICP" and length == 4:
            primaries, transfer, _, full_range = file.read(4)
            return CodePoints(primaries, transfer, bool(full_range))
    return None


# ---------------------------------------------------------------------------------------------------------------
# ISO base media file format (ISO/IEC 14496-12), as AVIF and HEIC use it


def _of_boxes(file: BinaryIO) -> CodePoints | None:
    """The colr box of the primary item, or of the only item that has one."""
    meta = _first(_top_boxes(file), b"meta")[4:]
    inside = list(boxes(meta))
    properties = list(boxes(_first(inside, b"iprp")))
    colours = [
        _colour_box(content) if kind == b"colr" else None for kind, content in boxes(_first(properties, b"ipco"))
    ]
    used = _associated(_first(properties, b"ipma"), _primary(_first(inside, b"pitm")))
    found = [colours[number - 1] for number in used if 0 < number <= len(colours)]
    return next((one for one in found if one is not None), None)


def _top_boxes(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    for _ in range(_BOXES):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        size, skipped = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, skipped = int.from_bytes(head[8:16], "big"), 16
        if head[4:8] == b"meta":
            file.seek(place + skipped)
            yield head[4:8], file.read(min(_MOST, size - skipped) if size else _MOST)
        if size < skipped:
            return
        place += size


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each box in ``data``, up to the first that is damaged."""
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big") or len(data) - place
        if size < 8:
            return
        yield data[place + 4 : place + 8], data[place + 8 : place + size]
        place += size


def _first(some: Iterator[tuple[bytes, bytes]] | list[tuple[bytes, bytes]], kind: bytes) -> bytes:
    return next((content for name, content in some if name == kind), b"")


def _primary(content: bytes) -> int:
    return int.from_bytes(content[4 : 6 if content[0] == 0 else 8], "big")


def _associated(content: bytes, item: int) -> list[int]:
    """The numbers, from 1, of the properties of an item."""
    wide_item, wide_property = content[0] > 0, bool(content[3] & 1)
    place, found = 8, []
    for _ in range(int.from_bytes(content[4:8], "big")):
        width = 4 if wide_item else 2
        here = int.from_bytes(content[place : place + width], "big")
        count, place = content[place + width], place + width + 1
        step = 2 if wide_property else 1
        mask = 0x7FFF if wide_property else 0x7F
        numbers = [
            int.from_bytes(content[place + i * step : place + (i + 1) * step], "big") & mask for i in range(count)
        ]
        place += count * step
        if here == item:
            found += numbers
    return found


def _colour_box(content: bytes) -> CodePoints | None:
    if content[:4] != b"nclx":
        return None
    primaries, transfer = struct.unpack(">HH", content[4:8])
    return CodePoints(primaries, transfer)
