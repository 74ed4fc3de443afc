"""Pages of a TIFF: how many there are beside thumbnails, smaller copies and masks. No pixels are decoded."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from PIL import Image, TiffImagePlugin

_NEW_KIND, _KIND, _WIDTH, _HEIGHT = 254, 255, 256, 257  # tags of TIFF 6.0
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_REDUCED_KIND = 2  # of SubfileType, its predecessor
_BIG = (b"II+\0", b"MM\0+")  # first bytes of a BigTIFF
_THUMBNAIL = 256  # pixels of the longer side, up to which a page of half the first one's is taken for a thumbnail
_MOST = 10_000  # pages that are counted

Page = Mapping[int, int]


def pages_note(image: Image.Image, label: str) -> str | None:
    """A line about a TIFF of several pages, of which the first is read; ``None`` for one page and other formats.

    Args:
        image: opened; its position in the file is kept.
        label: for the message.
    """
    file: Any = getattr(image, "fp", None)
    if image.format != "TIFF" or file is None or image.tell():  # another page was chosen by the caller
        return None
    place = file.tell()
    pages: list[Page] = []
    try:
        with warnings.catch_warnings(action="error"):  # Pillow warns of a directory that is cut short
            pages.extend(_pages(file))
    except Exception:  # of any type in Pillow's readers; what is broken behind the first page is no matter
        pass
    finally:
        file.seek(place)
    count = _count(pages)
    if count < 2:
        return None
    return f"{label} has {count} pages, and the first is taken: save the page you want as a PNG and give that"


def _count(pages: list[Page]) -> int:
    """The number of pages that are pictures of their own, the first included."""
    return len(pages[:1]) + sum(not _belongs(page, pages[0]) for page in pages[1:])


def _belongs(page: Page, first: Page) -> bool:
    """Whether a page is a thumbnail, smaller copy or mask of another one."""
    if page[_NEW_KIND] & (_REDUCED | _MASK) or page[_KIND] == _REDUCED_KIND:
        return True
    sides, whole = ((each[_WIDTH], each[_HEIGHT]) for each in (page, first))
    if not all(sides) or not all(0 < one < other for one, other in zip(sides, whole, strict=True)):
        return not all(sides)
    # Not every program marks them: levels of a pyramid halve the sides.
    pairs = list(zip(sides, whole, strict=True))
    halved = any(all(abs(other / 2**k - one) < 1 for one, other in pairs) for k in range(1, 16))
    return halved or max(sides) <= min(_THUMBNAIL, max(whole) // 2)


def _pages(file: BinaryIO) -> Iterator[Page]:
    """The directory of every page, up to one that is broken."""
    file.seek(0)
    header = file.read(8)
    if header[:4] in _BIG:
        header += file.read(8)
    page: Any = TiffImagePlugin.ImageFileDirectory_v2(header)
    seen: set[int] = set()
    while page.next and page.next not in seen and len(seen) < _MOST:
        seen.add(page.next)
        file.seek(page.next)
        page = TiffImagePlugin.ImageFileDirectory_v2(header)
        page.load(file)
        yield {tag: _number(page.get(tag)) for tag in (_NEW_KIND, _KIND, _WIDTH, _HEIGHT)}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
