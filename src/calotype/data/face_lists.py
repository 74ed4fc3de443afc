"""Lists of the places of eyes and mouth in photos: CSV, JSON lines, or JSON.

A CSV file has a column ``file`` and either ``eyes`` ("X,Y X,Y", the one that lies left with the face upright first) and
``mouth`` ("X,Y", or both corners), or numbers in ``left_eye_x``, ``left_eye_y``, ``right_eye_x``, ``right_eye_y``,
``mouth_x`` and ``mouth_y``. JSON lines, or one JSON list, have objects with the same keys, places as ``[x, y]``; a JSON
object has them under the names of the files.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.types import FacePlaces

COLUMNS = ("file", "left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y", "mouth_x", "mouth_y")
SUFFIXES = (".csv", ".json", ".jsonl")
FILE_COLUMNS = ("file", "image", "picture", "filename", "path")  # names of the column of files


def read_places(path: Path) -> dict[str, FacePlaces]:
    """The places in each file that a list names, pixels.

    Raises:
        InputError: it cannot be read, or a row does not tell places.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{shown(path)} is no list of places: give a file that ends in .csv, .json or .jsonl")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(_rows(text, path.suffix.lower()))
    except OSError as error:
        raise read_error(path, error, "give a list of the places of eyes and mouth") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(path)} is no text in UTF-8: save it as UTF-8") from error
    except (ValueError, TypeError, csv.Error, RecursionError) as error:
        raise InputError(f"{shown(path)} cannot be read: give file, eyes and mouth of each photo") from error
    found = {}
    for number, row in enumerate(rows, 1):
        name = next((row[key] for key in FILE_COLUMNS if isinstance(row.get(key), str) and row[key]), None)
        places = None if name is None else _places(row)
        if name is None or places is None:
            raise InputError(
                f"row {number} of {shown(path)} does not tell where a face is: give file, eyes and mouth, like "
                "me.jpg, '210,180 290,176', '255,270'"
            )
        if name in found:
            raise InputError(f"row {number} of {shown(path)} names '{name}' again: keep one row of each photo")
        found[name] = places
    if not found:
        raise InputError(f"{shown(path)} is empty: give file, eyes and mouth of each photo")
    return found


def places_csv(places: Mapping[str, FacePlaces]) -> str:
    """The text of a CSV file of places."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, each in places.items():
        writer.writerow([name, *(f"{value:.1f}" for place in each.all for value in place)])
    return text.getvalue()


def _rows(text: str, suffix: str) -> Iterable[Mapping[str, Any]]:
    if suffix == ".csv":
        return csv.DictReader(io.StringIO(text))
    if suffix == ".jsonl":
        return [_object(json.loads(line)) for line in text.splitlines() if line.strip()]
    content = json.loads(text)
    if isinstance(content, Mapping):
        return [{**_object(value), "file": name} for name, value in content.items()]
    return [_object(value) for value in content]


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("no object")
    return value


def _places(row: Mapping[str, Any]) -> FacePlaces | None:
    """The places in a row; ``None`` if it does not tell them."""
    try:
        if row.get("eyes") not in (None, ""):
            eyes, mouth = _points(row["eyes"]), _points(row.get("mouth"))
            if len(eyes) != 2 or len(mouth) not in (1, 2):
                return None
            middle = (sum(x for x, _ in mouth) / len(mouth), sum(y for _, y in mouth) / len(mouth))
            return FacePlaces(eyes[0], eyes[1], middle)
        numbers = [_number(row[name]) for name in COLUMNS[1:]]
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return FacePlaces((numbers[0], numbers[1]), (numbers[2], numbers[3]), (numbers[4], numbers[5]))


def _points(value: Any) -> list[tuple[float, float]]:
    """Points of text like "X,Y X,Y", of [x, y], or of several of these."""
    if isinstance(value, str):
        value = [part.split(",") for part in value.split()]
    elif isinstance(value, list) and value and not isinstance(value[0], list):
        value = [value]
    return [(_number(x), _number(y)) for x, y in value]


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError("no number")
    return number
