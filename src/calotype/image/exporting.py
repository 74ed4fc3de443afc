"""Results in other formats: JPEG and WebP, or PNG without settings."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from calotype.errors import InputError, unknown
from calotype.files import read_error, shown
from calotype.image.carried import carried_by, exif_of
from calotype.image.opening import opened
from calotype.image.writing import SETTINGS_KEY, png_bytes
from calotype.image.xmp import TRAINED, WITH_TRAINED, packet_of

FORMS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_FULL_COLOUR = 90  # quality from which JPEG keeps colours at full resolution
_LOSSLESS = 100  # quality at which WebP loses nothing


def exported(path: Path, form: str, quality: int = 92, *, settings: bool = True) -> bytes:
    """A result in another format, with its origin, date, author, copyright and resolution.

    Args:
        path: a PNG that calotype wrote.
        form: ``png``, ``jpeg`` (on white where it is transparent) or ``webp``.
        quality: of JPEG and WebP, 1..100; WebP of 100 is lossless.
        settings: whether what repeats the picture goes with it.

    Raises:
        InputError: the file cannot be read, or the form is unknown.
    """
    if form not in FORMS:
        raise InputError(unknown("format", form, FORMS))
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            image.load()
            carried, text = carried_by(image), image.info.get(SETTINGS_KEY, "")
            picture = image.copy()
    except OSError as error:
        raise read_error(path, error, "check the path") from error
    if form == "png":
        return path.read_bytes() if settings else png_bytes(picture, {}, carried)
    if carried.source_type in (TRAINED, WITH_TRAINED):
        carried = replace(carried, made_by=_made_by(text))
    options: dict[str, Any] = {"exif": exif_of(carried, str(text) if settings else "") or None}
    options |= {"xmp": packet_of(carried).encode() or None, "quality": quality}
    data = io.BytesIO()
    if form == "jpeg":
        options |= {"subsampling": 0 if quality >= _FULL_COLOUR else 2, "optimize": True, "dpi": carried.dpi}
        picture = _on_white(picture)
    else:
        options |= {"method": 4, "lossless": quality >= _LOSSLESS}
    picture.save(data, format=form.upper(), **{name: value for name, value in options.items() if value is not None})
    return data.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, picture).convert("RGB")


def _made_by(text: Any) -> str:
    """The system in the settings of a result; empty if there are none."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return ""
    return str(found.get("engine", "")) if isinstance(found, dict) else ""
