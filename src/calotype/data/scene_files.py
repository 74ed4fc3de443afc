"""Scene files: the poses of the objects of a scene, as ``calotype scene --layers`` writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from calotype.data.box_layouts import given_json, is_whole
from calotype.errors import InputError
from calotype.types import MOST_SEED, Poses

_EXAMPLE = (
    '{"seed": 3, "objects": [{"rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "place": [0, 0, 0], '
    '"half_sizes": [0.2, 0.2, 0.2]}]}'
)
_MOST, _FARTHEST, _LARGEST = 64, 1.0, 2.0
_SKEW = 0.01  # of a rotation matrix times its transpose from the identity
_DRAWN = ("look", "azimuth", "polar")
_KEYS = frozenset({"model", "model_sha256", "seed", "edits", "far", "objects"})
_KEYS_OF_OBJECTS = frozenset({"rotation", "place", "half_sizes", "seen_at", "present"})


def poses_of(value: Any) -> Poses:
    """The poses of a scene file.

    Args:
        value: a path, the content of the file, or ``Poses``.

    Raises:
        InputError: it cannot be read, or a pose is impossible; the message names the object.
    """
    if isinstance(value, Poses):
        return value
    name, content = given_json(value, "scene", _EXAMPLE)
    objects = content.get("objects") if isinstance(content, Mapping) else None
    if not isinstance(objects, list) or not 1 <= len(objects) <= _MOST:
        raise InputError(f"'{name}' is no scene file: give one that scene --layers wrote, like {_EXAMPLE}")
    objects = _with_present(objects, content)
    found = [_pose(each, f"object {number} of '{name}'") for number, each in enumerate(objects, 1)]
    rotations, places, half_sizes = zip(*found)
    return Poses(
        rotations,
        places,
        half_sizes,
        _drawn(content, name),
        name,
        removed=tuple(number for number, each in enumerate(objects, 1) if not _is_present(each, number, name)),
        model=str(content.get("model") or ""),
        model_sha256=str(content.get("model_sha256") or ""),
        notes=_unknown_keys(content, objects, name),
    )


def _with_present(objects: list[Any], content: Mapping[str, Any]) -> list[Any]:
    """The objects of a scene file; in those of earlier versions the edits tell which are left out."""
    if any(isinstance(each, Mapping) and "present" in each for each in objects):
        return objects
    edits = content.get("edits")
    told = str(edits.get("remove") or "") if isinstance(edits, Mapping) else ""
    removed = {part.strip() for part in told.split(",")}
    return [
        {**each, "present": False} if isinstance(each, Mapping) and str(number) in removed else each
        for number, each in enumerate(objects, 1)
    ]


def _is_present(given: Mapping[str, Any], number: int, name: str) -> bool:
    present = given.get("present", True)
    if not isinstance(present, bool):
        raise InputError(f"present of object {number} of '{name}' cannot be used: give true, or false to leave it out")
    return present


def _unknown_keys(content: Mapping[str, Any], objects: Sequence[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    """A note about keys that are not read."""
    others = [{*content} - _KEYS, {key for each in objects for key in each} - _KEYS_OF_OBJECTS]
    unknown = [key for each in others for key in sorted(map(str, each))]
    return (f"'{name}' has keys that scene files do not have: {', '.join(unknown)}",) if unknown else ()


def _pose(given: Any, which: str) -> tuple[Any, Any, Any]:
    parts = given if isinstance(given, Mapping) else {}
    rows = parts.get("rotation")
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) != 3:
        raise InputError(f"{which} has no rotation: give three rows of three numbers")
    rotation = tuple(_three(row, f"a row of the rotation of {which}") for row in rows)
    if not _is_rotation(rotation):
        raise InputError(f"the rotation of {which} is none: its rows have to be perpendicular and of length 1")
    place, half = (_three(parts.get(name), f"{name} of {which}") for name in ("place", "half_sizes"))
    if max(map(abs, place)) > _FARTHEST:
        raise InputError(f"{which} lies outside of the scene: give a place from -1 to 1 on each axis")
    if not 0 < min(half) <= max(half) <= _LARGEST:
        raise InputError(f"{which} has an impossible size: give half sizes above 0, up to {_LARGEST:g}")
    return rotation, place, half


def _three(given: Any, what: str) -> tuple[float, float, float]:
    ok = isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 3
    if not ok or not all(_is_number(x) for x in given):
        raise InputError(f"{what} cannot be used: give three numbers")
    return float(given[0]), float(given[1]), float(given[2])


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x)


def _is_rotation(rows: Sequence[Sequence[float]]) -> bool:
    products = [[sum(a * b for a, b in zip(one, other)) for other in rows] for one in rows]
    straight = all(abs(products[i][j] - (i == j)) < _SKEW for i in range(3) for j in range(3))
    (a, b, c), (d, e, f), (g, h, i) = rows
    return straight and a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0


def _drawn(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The seed, and what else says how the scene is drawn."""
    seed, edits = content.get("seed", 0), content.get("edits") or {}
    if not _is_seed(seed) or not isinstance(edits, Mapping):
        raise InputError(f"'{name}' has no seed: give a whole number from 0 to 2**53")
    if edits.get("look") is not None and not _is_seed(edits["look"]):
        raise InputError(f"the look in '{name}' is no seed: give a whole number from 0 to 2**53")
    given = {key: edits[key] for key in _DRAWN if _is_number(edits.get(key))}
    return {"seed": seed, **given}


def _is_seed(x: Any) -> bool:
    return is_whole(x) and 0 <= x <= MOST_SEED
