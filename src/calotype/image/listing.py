"""The photos of a folder, in natural order."""

from __future__ import annotations

import re
from pathlib import Path

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.opening import SUFFIXES, reason


def list_photos(folder: str | Path) -> list[Path]:
    """The photos of a folder, by suffix, in natural order (a2 before a10).

    Subfolders and hidden files are skipped; the files are not opened.

    Raises:
        InputError: there is no such folder, it is not readable, or it contains no photo.
    """
    folder = Path(folder)
    label = shown(folder)
    try:
        names = [p for p in folder.iterdir() if not p.name.startswith(".") and p.suffix.lower() in SUFFIXES]
        photos = [p for p in names if p.is_file()]
    except FileNotFoundError:
        raise InputError(f"{label} does not exist: check the name of the folder") from None
    except NotADirectoryError:
        raise InputError(f"{label} is not a folder: give a folder of photos") from None
    except OSError as error:
        raise InputError(f"{label} cannot be read ({reason(error)}): check the folder") from error
    if not photos:
        raise InputError(f"no photos in {label}: put PNG, JPEG, WebP, TIFF or HEIC files there")
    return sorted(photos, key=lambda path: natural_order(path.name))


def natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key for natural order: a2 before a10."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], name
