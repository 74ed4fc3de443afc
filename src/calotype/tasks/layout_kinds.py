"""Which kind of layout is given where another one is wanted, and which models take it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calotype.catalog import MODELS, able, declared
from calotype.data.box_layouts import BOXES_EXAMPLE, read_json
from calotype.data.scene_graphs import GRAPH_EXAMPLE
from calotype.errors import ArgumentError, InputError
from calotype.files import shown
from calotype.types import Boxes, SceneGraph

_SAID = {"label map": "a label map", "boxes": "boxes", "scene graph": "a scene graph"}
_LISTED = "--model NAME (model=; 'calotype models' lists them)"


def check_layout(value: Any, name: str, wanted: str, verb: str, system: str) -> None:
    """Refuse a layout of another kind than the one that a system takes.

    Args:
        value: a path, content of JSON, or anything else, which is not looked at.
        name: of the input.
        wanted: kind of the input, a key of ``kinds.KINDS``.
        verb: name of the verb.
        system: name of the system.

    Raises:
        InputError: it holds another kind of layout; the message names the systems that take it.
    """
    found = kind_of_layout(value) if wanted in _SAID else None
    if found is None or found == wanted or (found == "label map" and wanted == "scene graph"):
        return  # graphs are also read from pictures that were drawn from them
    others = _models(verb, name, found)
    instead = f", or a model of {' or '.join(others)}, {_LISTED}" if others else ""
    what = "is a picture" if found == "label map" else f"holds {_SAID[found]}"
    raise InputError(f"{_name(value)} {what}, and {system} takes {_SAID[wanted]}: give {_example(wanted)}{instead}")


def check_model_for(value: Any, name: str, verb: str) -> None:
    """Refuse boxes or a scene graph, the input ``name``, where no model is given that could draw it.

    Raises:
        ArgumentError: they are given; the message names the systems that take them.
    """
    found = kind_of_layout(value)
    if found in ("boxes", "scene graph"):
        systems = " or ".join(_models(verb, name, found))
        raise ArgumentError(f"{_name(value)} holds {_SAID[found]}: {verb} needs a model of {systems}, {_LISTED}")


def kind_of_layout(value: Any) -> str | None:
    """The kind of a layout: of a picture by the suffix of its file, of JSON by its content; ``None`` if unknown."""
    if isinstance(value, Boxes | SceneGraph):
        return "boxes" if isinstance(value, Boxes) else "scene graph"
    if isinstance(value, str | Path):
        return _kind_of_file(Path(value))
    return _kind_of_content(value)


def _kind_of_file(path: Path) -> str | None:
    from calotype.image.io import SUFFIXES

    if path.suffix.lower() in SUFFIXES:
        return "label map"
    if path.suffix.lower() != ".json":
        return None
    try:
        return _kind_of_content(read_json(path, BOXES_EXAMPLE))
    except InputError:
        return None


def _kind_of_content(content: Any) -> str | None:
    if isinstance(content, list) and content:  # scene graphs of sg2im
        content = content[0]
    if not isinstance(content, Mapping):
        return None
    return "scene graph" if "objects" in content else "boxes" if "boxes" in content else None


def _models(verb: str, name: str, kind: str) -> list[str]:
    """The models that take a kind as that input of a verb."""
    inputs = {model: declared(model).verbs[verb].inputs for model in able(verb) if model in MODELS}
    return [model for model, own in inputs.items() if any((one.name, one.kind) == (name, kind) for one in own)]


def _example(kind: str) -> str:
    examples = {"boxes": f"JSON like {BOXES_EXAMPLE}", "scene graph": f"JSON like {GRAPH_EXAMPLE}"}
    return examples.get(kind, "one, such as a PNG")


def _name(value: Any) -> str:
    return shown(value) if isinstance(value, str | Path) else "the layout"
