"""The geometric layer: what a picture is stretched or bent to, and back. It has no parameters.

A form says, for every place of the result's frame, which place of the picture comes there, and the other way round. All
places are fractions of width and height from the upper left corner, measured to the edges of pixels. The published
code solves for a homography through points at half the height, so that other corners move than were asked for, and
undoes it by the negated shifts, which is not its inverse; here a corner goes where it should, and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.types import Shape

Size = tuple[int, int]
Corners = tuple[tuple[float, float], ...]

# Denominators of perspective are held above this: beyond the horizon there is nothing to be had.
_HORIZON = 1e-3
# How far outside of a picture places are told apart, in its sides: past that its mirror images repeat.
_FAR = 4.0
# Lines across a pixel that decide how much of it is inside of a form.
_SUB = 4


class Form(Protocol):
    """What the frame of a result is filled with."""

    def source(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where in the picture what lies at (x, y) of the frame comes from; outside of 0..1 where nothing does."""

    def target(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Where in the frame what lies at (x, y) of the picture comes to: the inverse."""


@dataclass(frozen=True)
class Quad:
    """A homography: the picture's corners come to four places of the frame.

    Attributes:
        corners: (x, y) of the upper left, upper right, lower right and lower left one; they go round a convex form.
    """

    corners: Corners

    def source(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Form``."""
        return _projected(_inverse(self.corners), x, y)

    def target(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Form``."""
        return _projected(_homography(self.corners), x, y)


@dataclass(frozen=True)
class Arc:
    """The upper edge bent to a parabola, the lower one straight; columns stay upright.

    Attributes:
        rise: how much the middle of the edge is above its ends, in heights of the frame, -1 < rise < 1; below 0 it
            sags.
    """

    rise: float

    def source(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Form``."""
        top = self._top(x)
        return x, (y - top) / (1 - top)

    def target(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Form``."""
        top = self._top(x)
        return x, top + y * (1 - top)

    def _top(self, x: Tensor) -> Tensor:
        """Where the edge is, 0 the top of the frame."""
        bent = (2 * x - 1).square().clamp(max=1)
        return self.rise * bent if self.rise > 0 else -self.rise * (1 - bent)


def form_of(shape: Shape | None) -> Form | None:
    """The form that a user's shape is; ``None`` for the whole frame."""
    if shape is None:
        return None
    return Arc(shape.values[0]) if shape.word == "arc" else Quad(shape.corners)


def warped(x: Tensor, size: Size, form: Form | None = None, undo: bool = False) -> Tensor:
    """A map brought to another size, and into a form. Section 3.1 of the paper.

    Args:
        x: [B, C, H, W], features or a picture.
        size: (height, width) of the result.
        form: what it is to be bent to; ``None`` for the whole frame.
        undo: whether ``x`` is in that form, and is to be had back from it.

    Returns:
        [B, C, height, width]; where nothing comes from, the mirror image of what is nearest.
    """
    if form is None:
        if tuple(x.shape[2:]) == tuple(size):
            return x
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    grid = _places(form, size, undo).to(x)
    return F.grid_sample(x, grid.expand(len(x), -1, -1, -1), "bilinear", "reflection", align_corners=False)


def inside(form: Form, size: Size) -> Tensor:
    """How much of each pixel of the frame is inside of the form: [1, 1, height, width], 0..1."""
    height, width = size
    x, y = _centres(height * _SUB, width * _SUB)
    a, b = form.source(x, y)
    within = ((a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)).float()[None, None]
    return F.avg_pool2d(within, _SUB)


def _places(form: Form, size: Size, undo: bool) -> Tensor:
    """Where every pixel comes from: [1, height, width, 2], as ``grid_sample`` wants it."""
    x, y = _centres(*size)
    places = torch.stack(form.target(x, y) if undo else form.source(x, y), -1)
    return (places[None] * 2 - 1).clamp(-2 * _FAR, 2 * _FAR).float()


def _centres(height: int, width: int) -> tuple[Tensor, Tensor]:
    """x and y of the middles of all pixels, as fractions of width and height: [height, width] each, float64."""
    y = (torch.arange(height, dtype=torch.float64) + 0.5) / height
    x = (torch.arange(width, dtype=torch.float64) + 0.5) / width
    return x[None].expand(height, width), y[:, None].expand(height, width)


@lru_cache(maxsize=16)
def _homography(corners: Corners) -> Tensor:
    """The 3 x 3 matrix, float64, that brings the corners of the unit square to ``corners``."""
    rows, right = [], []
    for (u, v), (x, y) in zip(((0, 0), (1, 0), (1, 1), (0, 1)), corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        right += [x, y]
    found = torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), torch.tensor(right, dtype=torch.float64))
    return torch.cat([found, torch.ones(1, dtype=torch.float64)]).reshape(3, 3)


@lru_cache(maxsize=16)
def _inverse(corners: Corners) -> Tensor:
    inverse = torch.linalg.inv(_homography(corners))
    # Scaled so that the denominator is positive inside of the form: it is so at its first corner.
    x, y = corners[0]
    scaled: Tensor = inverse / (inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2])
    return scaled


def _projected(matrix: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    across, down, below = (row[0] * x + row[1] * y + row[2] for row in matrix)
    below = below.clamp(min=_HORIZON)
    return across / below, down / below
