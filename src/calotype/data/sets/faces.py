"""Drawn faces: aligned, with every attribute known and a label for every pixel.

Each face is drawn in 16 x 16 squares (the style pixel-art of DiceBear, CC0): skin, hair, eyes, mouth, clothes, and
sometimes glasses, a beard, a hat and jewellery, each with its variants and colours. The second picture of a sample is
the same face with the other expression.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.dicebear import STYLES, Chosen, choose, parts, style, svg
from calotype.data.sets.drawing import NEEDS, drawn
from calotype.data.writing import Made

_STYLE = "pixel-art"
EXPRESSIONS = ("happy", "sad")
PARTS = ("background", "skin", "accessories", "clothes", "eyes", "glasses", "beard", "mouth", "hair", "hat")
_BASE = "skin"  # the elements of the canvas that are no component

ABOUT = About(
    name="faces",
    summary="drawn faces: aligned, all attributes known, maps of the parts, and each with the other expression",
    packages=(STYLES,),
    size=64,
    sizes=(16, 256),
    count=4000,
    names={"map_classes": PARTS, "labels": EXPRESSIONS},
    needs=NEEDS,
    identity="other",
    other="the same face with the other expression",
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield face after face; the label is the expression of the mouth."""
    held = style(packages[0], _STYLE)
    mouths = sorted(held["components"]["mouth"]["variants"])
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        chosen = choose(held, rng)
        mouth = chosen.variants["mouth"]
        expression = _expression(mouth)
        opposite = [name for name in mouths if _expression(name) != expression]
        other = opposite[int(rng.integers(len(opposite)))]
        changed = replace(chosen, variants={**chosen.variants, "mouth": other})
        yield Made(
            image=drawn(svg(held, chosen), size),
            map=_map(held, chosen, size),
            other=drawn(svg(held, changed), size),
            label=EXPRESSIONS.index(expression),
            info={"variants": dict(chosen.variants), "colours": dict(chosen.colours), "other_mouth": other},
        )


def _expression(mouth: str) -> str:
    return next((name for name in EXPRESSIONS if mouth.startswith(name)), EXPRESSIONS[0])


def _map(held: dict[str, object], chosen: Chosen, size: int) -> NDArray[np.uint8]:
    """The part that each pixel belongs to: of what is drawn over each other, the last."""
    names, classes = parts(held), np.zeros((size, size), np.uint8)
    for number, name in enumerate(names):
        if name != "base" and name not in chosen.variants:
            continue
        part = _BASE if name == "base" else name
        seen = _covered(drawn(svg(held, chosen, only=[number]), size), drawn(_on_black(held, chosen, number), size))
        classes[seen] = PARTS.index(part)
    return classes


def _on_black(held: dict[str, object], chosen: Chosen, number: int) -> str:
    """One element on black instead of white."""
    head, _, rest = svg(held, chosen, only=[number]).partition(">")
    return f'{head}><rect width="100%" height="100%" fill="#000"/>{rest}'


def _covered(on_white: Image.Image, on_black: Image.Image) -> NDArray[np.bool_]:
    """Where a drawing covers at least half of what is behind it."""
    white, black = (np.asarray(image, np.int16).mean(2) for image in (on_white, on_black))
    covered: NDArray[np.bool_] = (white - black) < 128
    return covered
