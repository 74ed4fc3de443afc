"""Writing results as PNG files with the settings they were made with, and reading those settings."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from calotype.errors import InputError
from calotype.files import read_error, shortened, shown, write_whole
from calotype.image.carried import DESCRIPTION, NOTHING_CARRIED, exif_of
from calotype.image.cicp import is_png, png_chunks
from calotype.image.opening import opened
from calotype.image.pixels import words_of
from calotype.image.sixteen import sixteen_bit_png
from calotype.image.xmp import PNG_KEYWORD, packet_of, source_type_of
from calotype.types import Carried

SETTINGS_KEY = "calotype"
SOFTWARE_KEY = "Software"
# Levels of zlib. Photos are written faster by the lower one, and get slightly larger; maps would not be.
_COLOUR_COMPRESSION, _COMPRESSION = 4, 6
_LONGEST_NAME = 240  # bytes: file systems take 255
_CARRY_SETTINGS = {".png", ".apng", ".gif", ".webp"}
_LONGEST_TEXT = 1 << 20  # bytes


def result_path(folder: str | Path, stem: str, verb: str, seed: int, scale: str = "", *, suffix: str = ".png") -> Path:
    """The path of a result: ``{folder}/{stem}_{verb}_{seed}.png``, with ``_{scale}`` after the seed if there is one.

    A stem that would make the name too long for a file system is shortened, with a hash of it at its end.
    """
    return named_path(folder, stem, f"_{verb}_{seed}{'_' if scale else ''}{scale}{suffix}")


def named_path(folder: str | Path, stem: str, ending: str) -> Path:
    """The path of a file whose name is ``stem`` and ``ending``, the stem shortened where the name would be too long."""
    return Path(folder) / f"{shortened(stem, _LONGEST_NAME - len(os.fsencode(ending)))}{ending}"


def save_png(
    image: Image.Image,
    path: str | Path,
    settings: Mapping[str, Any],
    carried: Carried = NOTHING_CARRIED,
    software: str = "",
) -> None:
    """Write a PNG with the settings it was made with as metadata. The same image and settings give the same bytes.

    The file appears whole or not at all; missing folders are created.

    Args:
        image: RGB or RGBA, sRGB.
        path: the file to write; an existing one is replaced.
        settings: JSON-ready values, stored in one text chunk named ``calotype``; nothing is stored if it is empty.
        carried: date, author, copyright and resolution of the photo it was made from, and its own source type.
        software: what made it, in the standard text chunk of that name; nothing if it is empty.

    Raises:
        OutputError: no permission, no disk space, no such folder.
    """
    write_whole(Path(path), lambda file: file.write(png_bytes(image, settings, carried, software)))


def png_bytes(
    image: Image.Image, settings: Mapping[str, Any], carried: Carried = NOTHING_CARRIED, software: str = ""
) -> bytes:
    """The bytes of a PNG with its settings; see ``save_png``."""
    texts, packet, file = png_texts(settings), packet_of(carried), io.BytesIO()
    if software:
        texts[SOFTWARE_KEY] = software
    exif = exif_of(carried)
    words = words_of(image)
    if words is not None:
        return sixteen_bit_png(words, texts, exif=exif, dpi=carried.dpi, xmp=packet)
    text = png_info(texts, packet)
    known = {"exif": exif or None, "dpi": carried.dpi}
    options = {name: value for name, value in known.items() if value is not None}
    bare = image.copy() if image.info else image
    bare.info = {}  # of the picture itself nothing is kept that is not said here
    level = _COLOUR_COMPRESSION if len(bare.getbands()) > 1 else _COMPRESSION
    bare.save(file, format="PNG", pnginfo=text, compress_level=level, **options)
    return file.getvalue()


def png_texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a PNG by keyword: the settings, if there are any."""
    return {SETTINGS_KEY: settings_text(settings)} if settings else {}


def png_info(texts: Mapping[str, str], packet: str) -> PngInfo:
    """The text chunks of a PNG: ``texts`` in ASCII, and an XMP packet, if there is one."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    if packet:
        info.add_itxt(PNG_KEYWORD, packet)
    return info


def settings_text(settings: Mapping[str, Any]) -> str:
    """One line of ASCII-only JSON, so that a plain tEXt chunk or a comment can hold it and every tool can show it."""
    return json.dumps(dict(settings), sort_keys=True, allow_nan=False)


def software_of(path: str | Path) -> str:
    """What made a picture, as ``save_png`` wrote it; empty if it does not say, or cannot be read."""
    try:
        with Image.open(path) as image:
            return str(image.info.get(SOFTWARE_KEY, ""))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""


def read_settings(path: str | Path) -> dict[str, Any]:
    """Read the settings that ``save_png``, ``save_animation`` or ``exporting.exported`` stored: PNG, GIF, WebP, JPEG.

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
        raise read_error(path, error, "check the path") from error
    try:
        settings = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise InputError(f"{label} carries no settings of calotype: give a PNG that calotype made, never edited since")
    return settings


def read_source_type(path: str | Path) -> str:
    """The IPTC digital source type in an image, a term like ``composite``; empty if there is none.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file, opened(file, shown(path)) as image:
            return source_type_of(image.info)
    except OSError as error:
        raise read_error(path, error, "check the path") from error


def settings_of(path: str | Path) -> dict[str, Any] | None:
    """The settings in a file that calotype made; ``None`` for other files. The pixels of a PNG are not looked at."""
    name = path.name if isinstance(path, Path) else path
    suffix = name[name.rfind(".") :].lower()
    if suffix not in _CARRY_SETTINGS:
        return None
    try:
        if suffix in (".png", ".apng"):
            with open(path, "rb", buffering=_HEAD) as file:
                settings = json.loads(_png_text(file) or "null")
        else:
            settings = read_settings(path)
    except (OSError, ValueError, zlib.error):  # InputError is a ValueError
        return None
    return settings if isinstance(settings, dict) else None


_HEAD = 2048  # bytes, within which the text of most results is


def _png_text(file: BinaryIO) -> str | None:
    """The text chunk of settings in a PNG; ``None`` if there is none before the pixels."""
    if not is_png(file):
        return None
    key = SETTINGS_KEY.encode() + b"\0"
    for kind, length in png_chunks(file):
        if kind == b"tEXt" and len(key) < length <= _LONGEST_TEXT and file.read(len(key)) == key:
            return file.read(length - len(key)).decode("latin-1")
    return None


def _text_in(image: Image.Image) -> object:
    """The raw value at the location where the format of ``image`` stores settings."""
    if image.format == "GIF":
        comment = image.info.get("comment", b"")
        return comment.decode("ascii", "replace") if isinstance(comment, bytes) else comment
    if image.format in ("WEBP", "JPEG"):
        try:
            return image.getexif().get(DESCRIPTION)
        except Exception:  # a broken EXIF block has no settings
            return None
    return image.info.get(SETTINGS_KEY)
