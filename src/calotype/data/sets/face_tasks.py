"""What the sets of pairs that are made from drawn faces have in common: which features a face has, as a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched
from calotype.data.sets import About, faces
from calotype.data.sets.dicebear import STYLES
from calotype.data.sets.drawing import NEEDS
from calotype.data.writing import Made

FEATURES = ("glasses", "beard", "hat")
LABELS = tuple(
    " and ".join(name for bit, name in enumerate(FEATURES) if number >> bit & 1) or "plain"
    for number in range(1 << len(FEATURES))
)


def about(name: str, summary: str) -> About:
    """The description of a set of pairs of faces."""
    return About(
        name=name,
        summary=summary,
        packages=(STYLES,),
        size=32,
        sizes=(16, 256),
        count=2000,
        names={"labels": LABELS},
        needs=NEEDS,
    )


def pairs(
    packages: Sequence[Fetched], size: int, count: int, seed: int, condition: Callable[[Made], Image.Image]
) -> Iterator[Made]:
    """Faces, each with what ``condition`` makes of it as ``other``; the label is a bit for each of ``FEATURES``."""
    for made in faces.compose(packages, size, count, seed):
        label = sum(1 << bit for bit, name in enumerate(FEATURES) if name in made.info["variants"])
        yield replace(made, other=condition(made), label=label, map=None)


def edges(made: Made) -> Image.Image:
    """Where neighbouring parts of a face meet, and what is drawn inside of them: dark lines on white."""
    pixels = np.asarray(made.image, np.int16)
    steps = np.zeros(pixels.shape[:2], np.int16)
    steps[1:] = np.abs(np.diff(pixels, axis=0)).max(2)
    steps[:, 1:] = np.maximum(steps[:, 1:], np.abs(np.diff(pixels, axis=1)).max(2))
    return Image.fromarray(np.where(steps > 24, 0, 255).astype(np.uint8)).convert("RGB")
