"""Scene graphs from JSON, with errors that name what is wrong. Imports no torch.

A scene graph is ``{"objects": [...], "relations": [[0, "left of", 1], ...]}``. An object has a ``class`` and may have a
``size`` (0..9), a ``location`` ([x, y]), a ``box`` ([left, top, right, bottom]) and a ``look``: ``{"seed": 7}``,
``{"archetype": 3}`` or ``{"photo": "other.png", "box": [...]}``. Positions are fractions of width and height, 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calotype.data.box_layouts import are_numbers, box_of, class_number, is_whole, read_json
from calotype.data.boxes import RELATIONS
from calotype.errors import InputError, counted, nth, unknown
from calotype.files import shown
from calotype.types import MOST_SEED, SceneGraph, SceneObject

SPATIAL = RELATIONS[:6]  # those that models draw; the others need depth
_GRAPH, _OBJECT, _LOOK = (
    ("objects", "relations"),
    ("class", "size", "location", "box", "look"),
    ("seed", "archetype", "photo", "box"),
)
GRAPH_EXAMPLE = '{"objects": [{"class": "tree"}, {"class": "house", "size": 3}], "relations": [[0, "left of", 1]]}'
_NUMBER = {"type": "number", "minimum": 0, "maximum": 1}
_BOX = {"type": "array", "items": _NUMBER, "minItems": 4, "maxItems": 4}

# JSON Schema of a scene graph.
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Scene graph",
    "type": "object",
    "required": ["objects"],
    "additionalProperties": False,
    "properties": {
        "objects": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["class"],
                "additionalProperties": False,
                "properties": {
                    "class": {"type": ["string", "integer"], "description": "a class of the model, by name or number"},
                    "size": {"type": "integer", "minimum": 0, "maximum": 9, "description": "9 fills the picture"},
                    "location": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
                    "box": {**_BOX, "description": "left, top, right, bottom: exactly there"},
                    "look": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "seed": {"type": "integer", "minimum": 0, "maximum": MOST_SEED},
                            "archetype": {"type": "integer", "minimum": -1, "description": "-1 is the mean"},
                            "photo": {"type": "string"},
                            "box": {**_BOX, "description": "the part of the photo"},
                        },
                    },
                },
            },
        },
        "relations": {
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"enum": list(SPATIAL)}, {"type": "integer"}],
                "minItems": 3,
                "maxItems": 3,
            },
        },
    },
}


def graph_of(value: Any, names: Sequence[str] = (), relations: Sequence[str] = ()) -> SceneGraph:
    """A scene graph from a JSON file, its content, or a picture that ``draw`` made from one.

    Args:
        value: a path, a mapping or a ``SceneGraph``.
        names: of the model's classes; with them, classes become numbers.
        relations: that the model knows; empty for ``SPATIAL``.

    Raises:
        InputError: it cannot be read, is empty or contradicts itself, or has something that is not known.
    """
    words = tuple(relations) or SPATIAL
    if isinstance(value, SceneGraph):
        graph = value
    elif isinstance(value, Mapping):
        graph = _parsed(value, "graph", None, words)
    elif isinstance(value, str | Path):
        path = Path(value)
        graph = _from_picture(path, words) if path.suffix.lower() == ".png" else _from_file(path, words)
    elif hasattr(value, "read"):
        graph = _parsed(read_json(value, GRAPH_EXAMPLE), "graph", None, words)
    else:
        raise InputError(f"a scene graph is a JSON file like {GRAPH_EXAMPLE}")
    checked(graph)
    numbered = tuple(
        _numbered(each, f"the {nth(i)} object of '{graph.name}'", names) for i, each in enumerate(graph.objects)
    )
    return SceneGraph(numbered, graph.relations, graph.name, graph.seed)


def checked(graph: SceneGraph) -> SceneGraph:
    """A scene graph that has objects, and whose relations do not contradict each other.

    Raises:
        InputError: it is empty, or relations go round in a circle.
    """
    if not graph.objects:
        raise InputError(f"the scene graph '{graph.name}' is empty: give at least one object, like {GRAPH_EXAMPLE}")
    for first in SPATIAL[::2]:
        circle = _circle(graph, first)
        if circle:
            around = ", ".join(f"{a} is {first} {b}" for a, b in zip(circle, [*circle[1:], circle[0]]))
            raise InputError(
                f"the relations of '{graph.name}' contradict each other: object {around} (numbered from 0); "
                f"leave one out"
            )
    return graph


def as_json(graph: SceneGraph) -> dict[str, Any]:
    """The graph as the content of a JSON file; a photo is told by its name and its hash."""
    return {
        "objects": [_object_json(each) for each in graph.objects],
        "relations": [list(triple) for triple in graph.relations],
    }


def _object_json(one: SceneObject) -> dict[str, Any]:
    found: dict[str, Any] = {"class": one.kind}
    for key in ("size", "location", "box"):
        value = getattr(one, key)
        if value is not None:
            found[key] = list(value) if isinstance(value, tuple) else value
    look: dict[str, Any] = {key: getattr(one, key) for key in ("seed", "archetype") if getattr(one, key) is not None}
    if one.photo is not None:
        name = one.photo.source.name if one.photo.source else one.photo.name
        look = {"photo": name, "sha256": one.photo.sha256, "box": list(one.crop)}
    return {**found, "look": look} if look else found


# ---------------------------------------------------------------------------------------------------------------
# Reading


def _from_file(path: Path, words: Sequence[str]) -> SceneGraph:
    return _parsed(read_json(path, GRAPH_EXAMPLE), path.stem, path.parent, words)


def _from_picture(path: Path, words: Sequence[str]) -> SceneGraph:
    from calotype.image.io import read_settings

    try:
        settings = read_settings(path)
    except InputError as error:
        if not path.is_file():
            raise
        raise InputError(f"{error}; or give a JSON file of a scene graph, like {GRAPH_EXAMPLE}") from None
    given = settings.get("pictures", {}).get("layout", {}) if settings.get("verb") == "draw" else {}
    if not isinstance(given, Mapping) or "graph" not in given:
        raise InputError(f"{shown(path)} was not drawn from a scene graph: give one that 'calotype draw' made, or JSON")
    for number, one in enumerate(given["graph"].get("objects", ())):
        if "photo" in one.get("look", {}):
            raise InputError(
                f"the look of the {nth(number)} object of {shown(path)} came from the photo "
                f"{one['look']['photo']}: give the "
                "JSON file of the graph instead of the picture"
            )
    graph = _parsed(given["graph"], path.stem, None, words)
    return SceneGraph(graph.objects, graph.relations, graph.name, int(settings.get("seed", 0)))


def _parsed(content: Any, name: str, folder: Path | None, words: Sequence[str]) -> SceneGraph:
    content = _of_sg2im(content, name)
    if not isinstance(content, Mapping) or not isinstance(content.get("objects"), list):
        raise InputError(f"'{name}' is no scene graph: write JSON like {GRAPH_EXAMPLE}")
    _known(content, _GRAPH, f"'{name}'")
    objects = tuple(
        _object(one, f"the {nth(i)} object of '{name}'", folder) for i, one in enumerate(content["objects"])
    )
    relations = content.get("relations") or []
    if not objects:
        return SceneGraph((), (), name)
    if not isinstance(relations, list):
        raise InputError(f"the relations of '{name}' are no list: write them like {GRAPH_EXAMPLE}")
    triples = tuple(
        _relation(one, f"the {nth(i)} relation of '{name}'", len(objects), words) for i, one in enumerate(relations)
    )
    return SceneGraph(objects, triples, name)


def _of_sg2im(content: Any, name: str) -> Any:
    """A graph in the form of sg2im's files, names and ``relationships`` in a list of graphs, in ours.

    Raises:
        InputError: there are several.
    """
    if isinstance(content, list) and content and all(isinstance(each, Mapping) for each in content):
        if len(content) > 1:
            raise InputError(f"'{name}' has {len(content)} scene graphs: put one of them into a file of its own")
        content = content[0]
    if not isinstance(content, Mapping) or "relationships" not in content:
        return content
    rest = {key: value for key, value in content.items() if key not in ("objects", "relationships")}
    objects = content.get("objects")
    if isinstance(objects, list):
        objects = [{"class": one} if isinstance(one, str) else one for one in objects]
    return {**rest, "objects": objects, "relations": content["relationships"]}


def _object(given: Any, what: str, folder: Path | None) -> SceneObject:
    if not isinstance(given, Mapping) or "class" not in given:
        raise InputError(f'{what} has no class: write it like {{"class": "tree"}}')
    _known(given, _OBJECT, what)
    size, location, kind = given.get("size"), given.get("location"), given["class"]
    if size is not None and not (is_whole(size) and 0 <= size <= 9):
        raise InputError(f"{what} has the size {size}: give a whole number from 0 to 9, which fills the picture")
    if location is not None and not _fractions(location, 2):
        raise InputError(f"{what} lies outside of the picture: its location is x and y of its centre, from 0 to 1")
    box = None if given.get("box") is None else box_of(given["box"], what)
    return SceneObject(
        kind if is_whole(kind) else str(kind),
        size,
        None if location is None else (float(location[0]), float(location[1])),
        box,
        **_look(given.get("look") or {}, what, folder),
    )


def _look(given: Any, what: str, folder: Path | None) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(f'{what} has a look that is none: write it like {{"seed": 7}} or {{"photo": "other.png"}}')
    _known(given, _LOOK, f"the look of {what}")
    if sum(key in given for key in ("seed", "archetype", "photo")) > 1:
        raise InputError(f"the look of {what} is told twice: give one of seed, archetype and photo")
    for key, least in (("seed", 0), ("archetype", -1)):
        if key in given and not (is_whole(given[key]) and least <= given[key] <= MOST_SEED):
            raise InputError(
                f"the look of {what} has the {key} {given[key]}: give a whole number from {least} to 2**53"
            )
    found: dict[str, Any] = {key: given[key] for key in ("seed", "archetype") if key in given}
    if "photo" in given:
        from calotype.image.io import open_photo

        path = given["photo"]
        beside = folder is not None and isinstance(path, str) and (folder / path).is_file()
        try:
            found["photo"] = open_photo(folder / path if beside and folder is not None else path)
        except InputError as error:
            raise InputError(f"the look of {what}: {error}") from error
        if "box" in given:
            found["crop"] = box_of(given["box"], f"the look of {what}")
    return found


def _relation(given: Any, what: str, count: int, words: Sequence[str]) -> tuple[int, str, int]:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 3:
        raise InputError(f'{what} is none: write it like [0, "left of", 1]')
    one, word, other = given
    if word not in words:
        raise InputError(f"{what}: {unknown('relation', str(word), words)}")
    for number in (one, other):
        if not is_whole(number) or not 0 <= number < count:
            raise InputError(f"{what} names the object {number}: it has {counted(count, 'object')}, numbered from 0")
    if one == other:
        raise InputError(f"{what} is of an object to itself ({one} and {one}): give two objects")
    return one, str(word), other


def _fractions(given: Any, count: int) -> bool:
    return are_numbers(given, count) and all(0 <= one <= 1 for one in given)


def _known(given: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    for key in given:
        if key not in keys:
            raise InputError(f"{what}: {unknown('field', str(key), keys)}")


# ---------------------------------------------------------------------------------------------------------------
# Classes and circles


def _numbered(one: SceneObject, what: str, names: Sequence[str]) -> SceneObject:
    return replace(one, kind=class_number(one.kind, what, names))


def _circle(graph: SceneGraph, relation: str) -> list[int]:
    """Objects each of which has the relation to the next, and the last one to the first; empty if there are none."""
    opposite = SPATIAL[SPATIAL.index(relation) + 1]
    after: dict[int, list[int]] = {}
    for one, word, other in graph.relations:
        if word == relation:
            after.setdefault(one, []).append(other)
        elif word == opposite:
            after.setdefault(other, []).append(one)
    done: set[int] = set()
    for start in after:
        path: list[int] = []
        waiting = [(start, iter(after.get(start, ())))]
        if start in done:
            continue
        path.append(start)
        while waiting:
            node, rest = waiting[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                path.pop()
                waiting.pop()
            elif following in path:
                return path[path.index(following) :]
            elif following not in done:
                path.append(following)
                waiting.append((following, iter(after.get(following, ()))))
    return []
