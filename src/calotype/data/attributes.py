"""Attributes of pictures: what a set says of each, as yes or no.

A set that ``calotype data`` made tells the label, and what is under ``variants`` and ``colours``, in
``samples.jsonl``. Pictures of one's own are listed in a CSV file with the columns ``file`` and one for each attribute,
or in a file of JSON lines with the same keys; files are found beside it.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.data.face_lists import FILE_COLUMNS
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.writing import SAMPLES
from calotype.errors import InputError, counted, nth, unknown
from calotype.files import read_error, shown
from calotype.image.io import natural_order

LEAST = 20  # pictures with an attribute, and without it
LISTS = (".csv", ".jsonl")
_YES, _NO = {"1", "true", "yes", "y", "1.0"}, {"0", "-1", "false", "no", "n", "", "0.0", "-1.0"}
_PARTS, _LABEL = "variants", "label"  # what sets tell of a picture: its parts, by their variants, and its class
_MOST_VALUES = 8  # of an attribute with several values, unless one of them is asked for


@dataclass(frozen=True)
class Attributes:
    """Pictures and their attributes.

    Attributes:
        files: the pictures.
        names: of the attributes.
        values: for each picture whether it has each attribute.
    """

    files: list[Path]
    names: list[str]
    values: list[list[bool]]

    def column(self, name: str) -> list[bool]:
        """Whether each picture has the attribute."""
        return [row[self.names.index(name)] for row in self.values]


def read_attributes(path: Path, wanted: Sequence[str] = ()) -> Attributes:
    """The attributes of the pictures of a set, or of a list of files.

    Args:
        path: a folder with ``samples.jsonl``, or a list, .csv or .jsonl.
        wanted: names of attributes; empty: all that enough pictures have and have not, without colours. Attributes
            with values are called ``NAME=VALUE``, labels by their names.

    Raises:
        InputError: it cannot be read, or an attribute that is wanted is not there.
    """
    files, rows = _of_set(path) if path.is_dir() else _of_list(path)
    found = _yes_or_no(rows, set(wanted))
    for name in wanted:
        if name not in found:
            raise InputError(unknown("attribute", name, found or ["none"]))
        if min(sum(found[name]), len(rows) - sum(found[name])) < LEAST:
            raise InputError(
                f"{counted(sum(found[name]), 'picture')} of {len(rows)} with '{name}' are no basis to learn it from: "
                f"give at least {LEAST} with it and {LEAST} without"
            )
    frequent = [name for name, column in found.items() if LEAST <= sum(column) <= len(rows) - LEAST]
    names = list(dict.fromkeys(wanted)) or frequent
    if not names:
        raise InputError(
            f"{shown(path)} has no attribute that at least {LEAST} pictures have and {LEAST} have not: label more"
        )
    return Attributes(files, names, [list(row) for row in zip(*(found[name] for name in names))])


def _of_set(folder: Path) -> tuple[list[Path], list[dict[str, Any]]]:
    if not (folder / SAMPLES).is_file():
        raise InputError(
            f"{shown(folder)} tells no attributes: give a set that 'calotype data' made, like faces, or a list of "
            "files and attributes (.csv, .jsonl)"
        )
    lines, labels = read_lines(folder), read_about(folder).get("labels") or ()
    return [folder / line["image"] for line in lines], [_told(line, labels) for line in lines]


def _told(line: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    """The attributes in a line of a set: parts that are there, colours, and the name of the label."""
    told: dict[str, Any] = {}
    for group, values in line.items():
        if isinstance(values, Mapping):
            start = "" if group == _PARTS else f"{group}."
            told |= {f"{start}{key}": value for key, value in values.items() if isinstance(value, str | int | float)}
    if "label" in line:
        label = line["label"]
        told[_LABEL] = labels[label] if label < len(labels) else str(label)
    return told


def _of_list(path: Path) -> tuple[list[Path], list[dict[str, Any]]]:
    if path.suffix.lower() not in LISTS:
        raise InputError(
            f"{shown(path)} is no list of attributes: give a folder, or a file that ends in .csv or .jsonl"
        )
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file)) if path.suffix.lower() == ".csv" else list(_json_lines(file))
    except OSError as error:
        raise read_error(path, error, "give a list of files and attributes") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(path)} is no text in UTF-8: save it as UTF-8") from error
    except (ValueError, csv.Error, RecursionError) as error:
        raise InputError(f"{shown(path)} cannot be read: give a row for each file, with its attributes") from error
    key = next((name for name in FILE_COLUMNS if rows and name in rows[0]), "")
    if not key:
        raise InputError(f"{shown(path)} names no files: give a column called file, and one for each attribute")
    for number, row in enumerate(rows):
        if not isinstance(row.get(key), str) or not row[key]:
            raise InputError(f"the {nth(number)} row of {shown(path)} names no file: give one in the column {key}")
    return [path.parent / row[key] for row in rows], [{n: v for n, v in row.items() if n and n != key} for row in rows]


def _json_lines(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        if line.strip():
            value = json.loads(line)
            if not isinstance(value, dict):
                raise ValueError("no object")
            yield value


def _yes_or_no(rows: list[dict[str, Any]], wanted: set[str]) -> dict[str, list[bool]]:
    """Every attribute as yes or no; of one with values, each value but the first of two."""
    found: dict[str, list[bool]] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        texts = [None if name not in row or row[name] is None else str(row[name]).strip() for row in rows]
        words = {text.lower() for text in texts if text is not None}
        if words <= _YES | _NO:
            found[name] = [text is not None and text.lower() in _YES for text in texts]
            continue
        values = [value for value, _ in Counter(text for text in texts if text).most_common()]
        if None in texts:  # a part that not all have
            found[name] = [bool(text) for text in texts]
        start = "" if name == _LABEL else f"{name}="
        asked = [value for value in values if f"{start}{value}" in wanted]
        shown_alone = 2 <= len(values) <= _MOST_VALUES and None not in texts and "." not in name
        few = sorted(values, key=natural_order) if shown_alone else []
        for value in dict.fromkeys([*(few[1:] if len(few) == 2 else few), *asked]):
            found[f"{start}{value}"] = [text == value for text in texts]
    return found
