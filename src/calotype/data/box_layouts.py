"""Boxes from JSON, with errors that name what is wrong, and what reading scene graphs shares with that. No torch.

Positions are fractions of width and height, 0..1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from calotype.data.boxes import Box
from calotype.errors import InputError, counted, nth, unknown
from calotype.files import read_error, shown
from calotype.types import Boxes

BOXES_EXAMPLE = '{"boxes": [[0.1, 0.2, 0.5, 0.9]], "classes": ["tree"]}'


def boxes_of(value: Any, names: Sequence[str] = ()) -> Boxes:
    """Boxes from a JSON file or its content: ``{"boxes": [[l, t, r, b], ...], "classes": [...]}``.

    Args:
        value: a path, a mapping or ``Boxes``.
        names: of the model's classes; with them, classes become numbers.

    Raises:
        InputError: it cannot be read, or has a box outside of the picture or an unknown class.
    """
    if isinstance(value, Boxes):
        found = value
    else:
        name, content = given_json(value, "boxes", BOXES_EXAMPLE)
        try:
            given, classes = list(content["boxes"]), list(content["classes"])
        except (KeyError, TypeError):
            raise InputError(
                f"the boxes '{name}' cannot be used: write JSON like {BOXES_EXAMPLE}, left, top, right and bottom "
                "from 0 to 1"
            ) from None
        if len(given) != len(classes):
            raise InputError(
                f"'{name}' has {counted(len(given), 'box')} and {counted(len(classes), 'class')}: give a class "
                f"for each box"
            )
        boxes = tuple(box_of(box, f"the {nth(i)} box of '{name}'") for i, box in enumerate(given))
        found = Boxes(boxes, tuple(one if is_whole(one) else str(one) for one in classes), name)
    numbers = tuple(
        class_number(one, f"the {nth(i)} box of '{found.name}'", names) for i, one in enumerate(found.classes)
    )
    return Boxes(found.boxes, numbers, found.name)


def read_json(file: Path | BinaryIO, example: str) -> Any:
    """The content of a JSON file, or of a binary stream, such as standard input.

    Raises:
        InputError: it cannot be read; the message shows ``example``.
    """
    label = shown(file) if isinstance(file, Path) else "what was given as a stream"
    try:
        data = file.read_bytes() if isinstance(file, Path) else file.read()
        return json.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise read_error(file, error, "give a JSON file") from error
    except (ValueError, RecursionError):
        raise InputError(f"{label} is no JSON: write a file like {example}") from None


def given_json(value: Any, name: str, example: str) -> tuple[str, Any]:
    """The name and the content of a path, a binary stream, or of content itself, which are called ``name``.

    Raises:
        InputError: as ``read_json``.
    """
    if isinstance(value, str | Path):
        return Path(value).stem, read_json(Path(value), example)
    return name, read_json(value, example) if hasattr(value, "read") else value


def box_of(given: Any, what: str) -> Box:
    """A box from JSON: left, top, right and bottom, 0..1.

    Raises:
        InputError: it is none, has no area, or lies outside of the picture; the message begins with ``what``.
    """
    if not are_numbers(given, 4):
        raise InputError(f"{what} has no box of four numbers: give left, top, right and bottom, from 0 to 1")
    left, top, right, bottom = (float(side) for side in given)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise InputError(
            f"{what} lies outside of the picture or has no area ({left:g}, {top:g}, {right:g}, {bottom:g}): give left, "
            "top, right and bottom, from 0 to 1"
        )
    return left, top, right, bottom


def are_numbers(given: Any, count: int) -> bool:
    """Whether a value of JSON is a list of that many numbers."""
    plain = isinstance(given, Sequence) and not isinstance(given, str) and len(given) == count
    return plain and all(isinstance(one, int | float) and not isinstance(one, bool) and one == one for one in given)


def is_whole(value: Any) -> bool:
    """Whether a value of JSON is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def class_number(kind: int | str, what: str, names: Sequence[str]) -> int | str:
    """The number of a class where the names are known.

    Raises:
        InputError: there is no such class.
    """
    if not names:
        return kind
    if kind in names:
        return list(names).index(str(kind))
    if is_whole(kind) and 0 <= int(kind) < len(names):
        return int(kind)
    raise InputError(f"{what}: {unknown('class', str(kind), names)}")
