"""Writing results as PNG files with the settings they were made with, and reading those settings."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from calotype.errors import InputError
from calotype.files import shown, write_whole
from calotype.image.opening import opened, reason

SETTINGS_KEY = "calotype"
DESCRIPTION = 0x010E  # EXIF tag


def result_path(folder: str | Path, stem: str, verb: str, seed: int, scale: str = "", *, suffix: str = ".png") -> Path:
    """The path of a result: ``{folder}/{stem}_{verb}_{seed}.png``, with ``_{scale}`` after the seed if there is one."""
    return Path(folder) / f"{stem}_{verb}_{seed}{'_' if scale else ''}{scale}{suffix}"


def save_png(image: Image.Image, path: str | Path, settings: Mapping[str, Any]) -> None:
    """Write a PNG with the settings it was made with as metadata. The same image and settings give the same bytes.

    The file appears whole or not at all; missing folders are created.

    Args:
        image: RGB or RGBA, sRGB.
        path: the file to write; an existing one is replaced.
        settings: JSON-ready values, stored in one text chunk named ``calotype``.

    Raises:
        OutputError: no permission, no disk space, no such folder.
    """
    write_whole(Path(path), lambda file: file.write(png_bytes(image, settings)))


def png_bytes(image: Image.Image, settings: Mapping[str, Any]) -> bytes:
    """The bytes of a PNG with its settings; see ``save_png``."""
    text, file = PngInfo(), io.BytesIO()
    text.add_text(SETTINGS_KEY, settings_text(settings))
    image.save(file, format="PNG", pnginfo=text, icc_profile=None)
    return file.getvalue()


def settings_text(settings: Mapping[str, Any]) -> str:
    """One line of ASCII-only JSON, so that a plain tEXt chunk or a comment can hold it and every tool can show it."""
    return json.dumps(dict(settings), sort_keys=True, allow_nan=False)


def read_settings(path: str | Path) -> dict[str, Any]:
    """Read the settings that ``save_png`` stored in an image, or ``save_animation`` in a PNG, GIF or WebP.

    Raises:
        InputError: the file cannot be read, or has no settings of calotype.
    """
    label = shown(path)
    try:
        with open(path, "rb") as file, opened(file, label) as image:
            text = _text_in(image)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{label} cannot be read ({reason(error)}): check the path") from error
    try:
        settings = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise InputError(f"{label} carries no settings of calotype: give a PNG that calotype made, never edited since")
    return settings


def _text_in(image: Image.Image) -> object:
    """The raw value at the location where the format of ``image`` stores settings."""
    if image.format == "GIF":
        comment = image.info.get("comment", b"")
        return comment.decode("ascii", "replace") if isinstance(comment, bytes) else comment
    if image.format == "WEBP":
        try:
            return image.getexif().get(DESCRIPTION)
        except Exception:  # a broken EXIF block has no settings
            return None
    return image.info.get(SETTINGS_KEY)
