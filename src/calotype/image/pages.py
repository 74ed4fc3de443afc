"""Pages of a TIFF: how many there are beside thumbnails, smaller copies and masks. No pixels are decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image

_NEW_KIND, _KIND, _WIDTH, _HEIGHT = 254, 255, 256, 257  # tags of TIFF 6.0
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_REDUCED_KIND = 2  # of SubfileType, its predecessor
_NUMBERS = {3: "H", 4: "I", 13: "I", 16: "Q"}  # types of fields
_THUMBNAIL = 256  # pixels of the longer side, up to which a page of half the first one's is taken for a thumbnail
_MOST = 10_000  # pages that are counted

Page = dict[int, int]


def pages_note(image: Image.Image, label: str) -> str | None:
    """A line about a TIFF of several pages, of which the first is read; ``None`` for one page and other formats.

    Args:
        image: opened; its position in the file is kept.
        label: for the message.
    """
    file: Any = getattr(image, "fp", None)
    if image.format != "TIFF" or file is None or image.tell():  # another page was chosen by the caller
        return None
    try:
        place = file.tell()
        try:
            count = _count(list(_pages(file)))
        finally:
            file.seek(place)
    except (OSError, ValueError, OverflowError, struct.error):  # what is broken behind the first page is no matter
        return None
    if count < 2:
        return None
    return f"{label} has {count} pages, and the first is taken: save the page you want as a PNG and give that"


def _count(pages: list[Page]) -> int:
    """The number of pages that are pictures of their own, the first included."""
    return len(pages[:1]) + sum(not _belongs(page, pages[0]) for page in pages[1:])


def _belongs(page: Page, first: Page) -> bool:
    """Whether a page is a thumbnail, smaller copy or mask of another one."""
    if page.get(_NEW_KIND, 0) & (_REDUCED | _MASK) or page.get(_KIND) == _REDUCED_KIND:
        return True
    sides, whole = (page.get(_WIDTH, 0), page.get(_HEIGHT, 0)), (first.get(_WIDTH, 0), first.get(_HEIGHT, 0))
    if not all(sides) or not all(0 < one < other for one, other in zip(sides, whole, strict=True)):
        return not all(sides)
    # Not every program marks them: levels of a pyramid halve the sides.
    pairs = list(zip(sides, whole, strict=True))
    halved = any(all(abs(other / 2**k - one) < 1 for one, other in pairs) for k in range(1, 16))
    return halved or max(sides) <= min(_THUMBNAIL, max(whole) // 2)


def _pages(file: BinaryIO) -> Iterator[Page]:
    """The numbers in the directory of every page, by tag."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
    if not order:
        return
    big = struct.unpack(f"{order}H", head[2:4])[0] == 43  # BigTIFF
    count_format, offset_format, length = ("Q", "Q", 20) if big else ("H", "I", 12)
    (place,) = struct.unpack(order + offset_format, head[8:16] if big else head[4:8])
    seen: set[int] = set()
    while place and place not in seen and len(seen) < _MOST:
        seen.add(place)
        file.seek(place)
        (count,) = struct.unpack(order + count_format, file.read(struct.calcsize(count_format)))
        fields = file.read(count * length) if count <= 65535 else b""
        if not count or len(fields) < count * length:
            return
        yield dict(_numbers(fields, order, length))
        last = file.read(struct.calcsize(offset_format))
        if len(last) < struct.calcsize(offset_format):
            return
        (place,) = struct.unpack(order + offset_format, last)


def _numbers(fields: bytes, order: str, length: int) -> Iterator[tuple[int, int]]:
    for at in range(0, len(fields), length):
        tag, kind = struct.unpack(f"{order}HH", fields[at : at + 4])
        if tag in (_NEW_KIND, _KIND, _WIDTH, _HEIGHT) and kind in _NUMBERS:
            form = order + _NUMBERS[kind]
            start = at + length - (8 if length == 20 else 4)
            yield tag, struct.unpack(form, fields[start : start + struct.calcsize(form)])[0]
