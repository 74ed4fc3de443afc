"""The photos of a folder, in natural order, and which of them this program made."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from calotype.errors import InputError
from calotype.files import shown
from calotype.image.opening import SUFFIXES, reason
from calotype.image.writing import settings_of

_DIGITS = re.compile(r"([0-9]+)")
_MAPS = {"segment", "edges"}  # verbs whose results are no photos


def list_photos(folder: str | Path) -> list[Path]:
    """The photos of a folder, by suffix, in natural order (a2 before a10).

    Subfolders and hidden files are skipped; the files are not opened.

    Raises:
        InputError: there is no such folder, it is not readable, or it contains no photo.
    """
    folder = Path(folder)
    label = shown(folder)
    try:
        with os.scandir(folder) as entries:
            names = [name for one in entries if _is_photo_name(name := one.name) and _is_listed(one)]
        photos = {path.name: path for path in folder.iterdir()}  # made faster than by joining names
    except FileNotFoundError:
        raise InputError(f"{label} does not exist: check the name and the folder") from None
    except NotADirectoryError:
        raise InputError(f"{label} is not a folder: give a folder of photos") from None
    except OSError as error:
        raise InputError(f"{label} cannot be read ({reason(error)}): check the folder") from error
    if not names:
        raise InputError(f"no photos in {label}: put PNG, JPEG, WebP, TIFF or HEIC files there")
    return [photos[name] for name in sorted(names, key=natural_order) if name in photos]


def _is_photo_name(name: str) -> bool:
    return name[name.rfind(".") :].lower() in SUFFIXES and name[0] != "."


def _is_listed(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link that leads nowhere, which is said when it is opened."""
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry))
    except OSError:  # a link to itself
        return True


def without_results(photos: Sequence[Path]) -> list[Path]:
    """The files that this program did not make, or, if it made all of them, the pictures among them.

    They are recognised by the settings that they carry. Contact sheets, label maps and outlines are never among them.
    """
    settings = [settings_of(path) for path in photos]
    kept = [path for path, made in zip(photos, settings) if made is None]
    return kept or [
        path
        for path, made in zip(photos, settings)
        if made is not None and "sheet" not in made and made.get("verb") not in _MAPS
    ]


def without_maps(pictures: Sequence[Path]) -> list[Path]:
    """Pictures without the label maps and outlines that this program made."""
    return [path for path in pictures if (settings_of(path) or {}).get("verb") not in _MAPS]


def maps_among(pictures: Sequence[Path]) -> list[Path]:
    """The files that this program did not make, and the label maps and outlines that it made."""
    made = {path: settings_of(path) for path in pictures}
    return [
        path
        for path, settings in made.items()
        if settings is None or (settings.get("verb") in _MAPS and "sheet" not in settings)
    ]


def without_sheets(pictures: Sequence[Path]) -> list[Path]:
    """Pictures without the contact sheets that this program made."""
    return [path for path in pictures if "sheet" not in (settings_of(path) or {})]


def natural_order(name: str) -> tuple[list[Any], str]:
    """A sort key for natural order: a2 before a10."""
    parts: list[Any] = _DIGITS.split(name.casefold())
    parts[1::2] = map(int, parts[1::2])  # every second part is a number, and the others are texts, empty ones included
    return parts, name
