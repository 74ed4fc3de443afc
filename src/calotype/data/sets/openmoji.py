"""Pairs of line drawings and the same drawings in colour, aligned pixel by pixel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.sets.drawing import NEEDS, drawn
from calotype.data.writing import Made

_COLOUR, _LINES = "package/color/svg/", "package/black/svg/"
_LIST = "package/data/openmoji.json"

ABOUT = About(
    name="openmoji",
    summary="drawings in colour, each with its lines alone: pairs",
    packages=(
        Package(
            "npm",
            "openmoji",
            "17.0.0",
            "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68",
            4,
            "CC-BY-SA-4.0 (OpenMoji)",
        ),
    ),
    size=128,
    sizes=(64, 256),
    count=2000,
    most=2141,
    needs=NEEDS,
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the pairs in a random order: ``image`` is the colour drawing, ``other`` the line drawing."""
    colour: dict[str, str] = {}
    lines: dict[str, str] = {}
    about: dict[str, dict[str, str]] = {}
    for name, data in packages[0].files(lambda name: name.endswith(".svg") or name == _LIST):
        if name == _LIST:
            about = {entry["hexcode"]: entry for entry in json.loads(data)}
        for folder, found in ((_COLOUR, colour), (_LINES, lines)):
            if name.startswith(folder):
                found[name.removeprefix(folder).removesuffix(".svg")] = data.decode()
    # Of drawings that differ in skin tone only, the default one. No flags, since they have no lines.
    names = sorted(
        name
        for name in colour.keys() & lines.keys() & about.keys()
        if not about[name].get("skintone") and "flag" not in about[name]["group"] + about[name]["subgroups"]
    )
    for place in np.random.default_rng(seed).permutation(len(names))[:count]:
        name = names[int(place)]
        entry = about[name]
        yield Made(
            image=drawn(colour[name], size),
            other=drawn(lines[name], size),
            info={"name": entry.get("annotation", name), "category": entry.get("group", ""), "hexcode": name},
        )
