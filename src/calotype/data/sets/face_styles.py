"""Pairs of faces in two styles of drawing: squares of colour, and lines of ink.

Both styles (pixel-art and lorelei of DiceBear, CC0) have a mouth that is happy or sad, and perhaps glasses and a beard.
The two faces of a pair agree in these and in the colours of hair and skin; everything else of the drawing in ink, such
as the haircut, is drawn by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from calotype.data.packages import Fetched
from calotype.data.sets import faces
from calotype.data.sets.dicebear import choose, style, svg
from calotype.data.sets.drawing import drawn
from calotype.data.sets.face_tasks import about
from calotype.data.writing import Made

_STYLE = "lorelei"
_SHARED = ("glasses", "beard")

ABOUT = replace(
    about("face_styles", "drawn faces in squares of colour, each with the same face in lines of ink: pairs"),
    names={"labels": faces.EXPRESSIONS},
    size=64,
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield pair after pair: ``image`` is the face in ink, ``other`` that in colour; the label is the expression."""
    ink = style(packages[0], _STYLE)
    for number, made in enumerate(faces.compose(packages, size, count, seed)):
        rng = np.random.default_rng((seed, number, 1))
        assert made.label is not None
        image = drawn(_face(ink, made, rng), size)
        yield Made(image=image, other=made.image, label=made.label, info=made.info)


def _face(ink: dict[str, Any], made: Made, rng: np.random.Generator) -> str:
    """The drawing in ink of a face."""
    chosen, told = choose(ink, rng), made.info["variants"]
    variants = dict(chosen.variants)
    for name in _SHARED:
        names = sorted(ink["components"][name]["variants"])
        variants.pop(name, None)
        if name in told:
            variants[name] = names[int(rng.integers(len(names)))]
    expression = faces.EXPRESSIONS[made.label or 0]
    mouths = [name for name in sorted(ink["components"]["mouth"]["variants"]) if name.startswith(expression)]
    variants["mouth"] = mouths[int(rng.integers(len(mouths)))]
    colours = {**chosen.colours, **{name: made.info["colours"][name] for name in ("hair", "skin")}}
    return svg(ink, replace(chosen, variants=variants, colours=colours))
