"""What comes with a photo and goes into its results: date, author, copyright, resolution, source type, nothing else.

Position, serial numbers, owner, camera and thumbnails are left out: a result is often published.
"""

from __future__ import annotations

import re
from typing import Any

from PIL import Image

from calotype.image.xmp import source_type_of
from calotype.types import Carried

NOTHING_CARRIED = Carried()
DESCRIPTION = 0x010E  # EXIF tag
_DATE, _ARTIST, _COPYRIGHT = 0x0132, 0x013B, 0x8298
_EXIF_IFD, _DATE_TAKEN = 0x8769, 0x9003
_DATE_FORM = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
_LONGEST = 500  # characters of a text
_LEAST_DPI, _MOST_DPI = 1.0, 100_000.0


def carried_by(image: Image.Image) -> Carried:
    """What a decoded image carries; what is broken is left out."""
    try:
        exif = image.getexif()
        taken = exif.get_ifd(_EXIF_IFD).get(_DATE_TAKEN) or exif.get(_DATE)
        artist, rights = exif.get(_ARTIST), exif.get(_COPYRIGHT)
    except Exception:  # a broken EXIF block says nothing
        taken = artist = rights = None
    date = _text(taken)
    return Carried(
        date if _DATE_FORM.fullmatch(date) else "",
        _text(_exif_text(artist) or image.info.get("Author")),
        _text(_exif_text(rights) or image.info.get("Copyright")),
        _dpi(image.info.get("dpi")),
        source_type_of(image.info),
    )


def exif_of(carried: Carried, description: str = "") -> bytes:
    """The EXIF block of a result, with a description in ASCII; empty if there is nothing to say."""
    exif = Image.Exif()
    if description:
        exif[DESCRIPTION] = description
    if carried.date:
        exif.get_ifd(_EXIF_IFD)[_DATE_TAKEN] = carried.date
    for tag, text in ((_ARTIST, carried.artist), (_COPYRIGHT, carried.copyright)):
        if text:
            exif[tag] = text.encode("utf-8")  # Pillow would write ASCII only
    return exif.tobytes() if len(exif) or carried.date else b""


def _exif_text(value: Any) -> str:
    """A text of EXIF, which programs write in UTF-8 or Latin-1; Pillow takes all for the latter."""
    if not isinstance(value, str):
        return ""
    try:
        return value.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())[:_LONGEST]


def _dpi(value: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(one) for one in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    known = all(_LEAST_DPI < one < _MOST_DPI for one in (across, down))
    return (round(across, 2), round(down, 2)) if known else None
