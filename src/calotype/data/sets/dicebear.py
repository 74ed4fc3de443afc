"""Faces in the styles of DiceBear: JSON files of SVG elements, with components that have variants, and colours.

Only the style files are used; they are read as data. A style has ``canvas`` (elements, width, height), ``components``
by name (``variants`` of elements, and perhaps the ``probability`` in percent that it is there) and ``colors`` by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from calotype.data.packages import Fetched, Package
from calotype.errors import InputError

STYLES = Package(
    "pip",
    "dicebear-styles",
    "10.6.0",
    "5a5b0b9c534d133fa06f1dd29f280139995965b32b08c5635a69cc6afc30930d",
    1,
    "CC0 (the styles used)",
)
_TAG = re.compile(r"[A-Za-z]+")
_ATTRIBUTE = re.compile(r"[A-Za-z:_-]+")
_DEEPEST = 12


@dataclass(frozen=True)
class Chosen:
    """The attributes of one face.

    Attributes:
        variants: of each component that is there.
        colours: of each name, as ``#rrggbb``.
    """

    variants: Mapping[str, str]
    colours: Mapping[str, str]


def style(package: Fetched, name: str) -> dict[str, Any]:
    """A style of the package.

    Raises:
        InputError: it has no such style.
    """
    for _, data in package.files(lambda path: path.endswith(f"/{name}.json")):
        found: dict[str, Any] = json.loads(data)
        return found
    raise InputError(f"{package.package} has no style {name} in it: fetch it again")


def choose(held: Mapping[str, Any], rng: np.random.Generator) -> Chosen:
    """Draw the attributes of a face: a variant of each component, as often as its probability says, and colours."""
    variants = {}
    for name, component in sorted(held["components"].items()):
        there = rng.random() * 100 < component.get("probability", 100)
        names = sorted(component["variants"])
        variant = names[int(rng.integers(len(names)))]
        if there:
            variants[name] = variant
    colours = {}
    for name, about in sorted(held["colors"].items()):
        values = about["values"]
        colours[name] = values[int(rng.integers(len(values)))]
    return Chosen(variants, colours)


def parts(held: Mapping[str, Any]) -> list[str]:
    """The names of the elements of the canvas in drawing order: components by their name, others as ``base``."""
    return [each["name"] if each["type"] == "component" else "base" for each in held["canvas"]["elements"]]


def svg(held: Mapping[str, Any], chosen: Chosen, *, only: Sequence[int] | None = None) -> str:
    """The drawing of a face.

    Args:
        held: the style.
        chosen: its attributes.
        only: numbers of the elements of the canvas to draw; ``None``: all.
    """
    canvas = held["canvas"]
    elements = [each for i, each in enumerate(canvas["elements"]) if only is None or i in only]
    body = "".join(_element(each, held, chosen, 0) for each in elements)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {float(canvas["width"]):g} {float(canvas["height"]):g}"'
        f"{_attributes(held.get('attributes', {}), chosen)}>{body}</svg>"
    )


def _element(element: Mapping[str, Any], held: Mapping[str, Any], chosen: Chosen, depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    name, attributes = element.get("name", ""), element.get("attributes", {})
    if element["type"] == "component":
        variant = chosen.variants.get(name)
        if variant is None:
            return ""
        inner = held["components"][name]["variants"][variant]["elements"]
        body = "".join(_element(each, held, chosen, depth + 1) for each in inner)
        return f"<g{_attributes(attributes, chosen)}>{body}</g>"
    if element["type"] != "element" or not _TAG.fullmatch(name):
        return ""
    body = "".join(_element(each, held, chosen, depth + 1) for each in element.get("children", []))
    return f"<{name}{_attributes(attributes, chosen)}>{body}</{name}>"


def _attributes(given: Mapping[str, Any], chosen: Chosen) -> str:
    found = []
    for name, value in given.items():
        if isinstance(value, Mapping):
            value = chosen.colours.get(value.get("name", ""), "none") if value.get("type") == "color" else "none"
        if _ATTRIBUTE.fullmatch(name):
            found.append(f' {name}="{escape(str(value))}"')
    return "".join(found)
