"""Emoji in several styles: the same content, drawn by several artists.

One image per emoji and style, on a white background. The label of a sample is its style; its line in ``samples.jsonl``
gives the name of the emoji (the same name means the same content in all styles) and its category.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.sets.drawing import NEEDS, drawn
from calotype.data.sets.iconify import NOTO, icon, icons, svg
from calotype.data.writing import Made

STYLES = ("noto", "twemoji", "fluent", "openmoji", "emojione")
# Symbols and flags look the same in all styles, so they are excluded.
_LEFT_OUT = {"Symbols", "Flags"}

ABOUT = About(
    name="emoji",
    summary="emoji in five styles, with their names: one content, several domains",
    packages=(
        NOTO,
        Package(
            "npm",
            "@iconify-json/twemoji",
            "1.2.5",
            "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7",
            2,
            "CC-BY-4.0 (Twemoji)",
        ),
        Package(
            "npm",
            "@iconify-json/fluent-emoji-flat",
            "1.2.6",
            "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
            1,
            "MIT (Fluent Emoji)",
        ),
        Package(
            "npm",
            "@iconify-json/openmoji",
            "1.2.29",
            "03181e2c156cab35cf4a62f1f7886bd971d59212e75ac3f189d5a4cae3930fc5",
            1,
            "CC-BY-SA-4.0 (OpenMoji)",
        ),
        Package(
            "npm",
            "@iconify-json/emojione",
            "1.2.3",
            "26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e",
            1,
            "CC-BY-4.0 (EmojiOne 2)",
        ),
    ),
    size=64,
    sizes=(32, 256),
    count=4285,
    most=4285,
    names={"labels": STYLES},
    needs=NEEDS,
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the emoji in a random order, each in all styles."""
    sets = [icons(package) for package in packages]
    category = {name: kind for kind, names in sets[0]["categories"].items() for name in names}
    shared = sorted(
        name for name, kind in category.items() if kind not in _LEFT_OUT and all(icon(one, name) for one in sets)
    )
    order = np.random.default_rng(seed).permutation(len(shared))
    places = [(int(content), style) for content in order for style in range(len(STYLES))]
    for content, style in places[:count]:
        name = shared[content]
        yield Made(
            image=drawn(svg(sets[style], name), size),
            label=style,
            info={"style": STYLES[style], "content": content, "name": name, "category": category[name]},
        )
