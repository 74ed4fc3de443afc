"""Pairs of the edges of a handwritten digit and the digit in a warm colour on a dark ground."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from calotype.data.packages import Fetched
from calotype.data.sets import About, digits
from calotype.data.writing import Made

_WARM = (-0.08, 0.15)  # hues: from pink over red to yellow
_GROUND = np.array([26, 20, 44])  # red, green, blue

ABOUT = About(
    name="digit_colours",
    summary="edges of handwritten digits, each with the digit in a warm colour: pairs",
    packages=digits.ABOUT.packages,
    size=32,
    sizes=(28, 128),
    count=2000,
    most=5000,
    names=digits.ABOUT.names,
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the pairs in a random order: ``other`` has the edges, white on black; the label is the digit."""
    for number, made in enumerate(digits.compose(packages, size, count, seed)):
        rng = np.random.default_rng((seed, number))
        yield Made(image=_coloured(made.image, rng), other=_edges(made.image), label=made.label)


def _coloured(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    hue = rng.uniform(*_WARM) % 1
    colour = 255 * np.array(colorsys.hsv_to_rgb(hue, 0.85, 1.0))
    ink = np.asarray(digit.convert("L"), np.float64)[..., None] / 255
    return Image.fromarray((_GROUND + ink * (colour - _GROUND)).round().astype(np.uint8))


def _edges(digit: Image.Image) -> Image.Image:
    """The outline of what is brighter than half: one pixel wide, white on black."""
    inside = digit.convert("L").point(lambda value: 255 if value >= 128 else 0)
    grown: NDArray[np.uint8] = np.asarray(inside.filter(ImageFilter.MaxFilter(3)))
    return Image.fromarray(grown - np.asarray(inside)).convert("RGB")
