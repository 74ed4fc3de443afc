"""Reading and checking ``about.json`` and ``samples.jsonl`` of a set of samples; imports no torch."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calotype.data.writing import ABOUT, FORMAT, SAMPLES
from calotype.errors import InputError, counted, nth
from calotype.files import shown

_ROUNDED = 1e-3  # by which a side may lie outside of a picture
_BOXES = "give left, top, right and bottom as shares of width and height, from 0 to 1, not pixels"


def read_about(folder: Path) -> dict[str, Any]:
    """The metadata of a set of samples.

    Raises:
        InputError: it is not a set of samples, or a field is not what it should be.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise ValueError
    except (OSError, ValueError, RecursionError):
        raise InputError(
            f"{shown(folder)} is no set of samples: give a folder that 'calotype data' made, or a folder of pictures"
        ) from None
    wrong = _wrong_field(about, _ABOUT)
    if wrong:
        raise InputError(f"{shown(folder / ABOUT)} is damaged ({wrong}): make the set again")
    return about


def read_lines(folder: Path) -> list[Mapping[str, Any]]:
    """The lines of a set of samples.

    Raises:
        InputError: they are missing or damaged; the message says which line.
    """
    try:
        text = (folder / SAMPLES).read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        if not lines or not all(isinstance(line, dict) and "image" in line for line in lines):
            raise ValueError
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{shown(folder / SAMPLES)} is missing or damaged: make the set again") from None
    about = read_about(folder) if (folder / ABOUT).is_file() else {}
    for number, line in enumerate(lines, 1):
        wrong = wrong_in(line, about)
        if wrong:
            raise InputError(f"{shown(folder / SAMPLES)} is damaged in line {number} ({wrong}): make the set again")
    return lines


def wrong_in(line: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """What is wrong with a line of a set with that metadata; empty if nothing is."""
    wrong = _wrong_field(line, _LINE)
    if wrong:
        return wrong
    boxes, classes = line.get("boxes"), line.get("classes")
    for index, box in enumerate(boxes or ()):
        if not _is_box(box):
            return f"the {nth(index)} box: {_BOXES}"
    if boxes is not None and len(classes or ()) != len(boxes):
        return f"{counted(len(boxes), 'box')} and {counted(len(classes or ()), 'class')}"
    count = len(boxes or ())
    if any(not 0 <= one < count for first, _, second in line.get("relations") or () for one in (first, second)):
        return "a relation of objects that are not there"
    names = about.get("classes") or ()
    return f"a class above {len(names) - 1}" if names and any(one >= len(names) for one in classes or ()) else ""


def _wrong_field(values: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], bool]]) -> str:
    return next((f"'{key}'" for key, fits in kinds.items() if key in values and not fits(values[key])), "")


def _is_box(box: Sequence[float]) -> bool:
    """Whether left, top, right and bottom lie in the picture, in that order."""
    left, top, right, bottom = box
    return -_ROUNDED <= left <= right <= 1 + _ROUNDED and -_ROUNDED <= top <= bottom <= 1 + _ROUNDED


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\x00" not in value


def _is_number(value: Any) -> bool:
    """A finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(float(value))


def _is_whole(value: Any) -> bool:
    """A whole number from 0 that fits into 32 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _list_of(fits: Callable[[Any], bool], length: int | None = None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, list) and length in (None, len(value)) and all(map(fits, value))

    return check


def _is_size(value: Any) -> bool:
    return value is None or (_list_of(_is_whole, 2)(value) and all(value))


_LINE: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("image", "map", "instances", "other"), _is_text),
    "label": _is_whole,
    "boxes": _list_of(_list_of(_is_number, 4)),
    "classes": _list_of(_is_whole),
    "relations": _list_of(_list_of(_is_whole, 3)),
}
_NAMES = _list_of(lambda value: isinstance(value, str | int))
_ABOUT: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("classes", "labels", "map_classes", "things", "relations"), _NAMES),
    "size": _is_size,
}
