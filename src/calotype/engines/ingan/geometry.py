"""The geometric transformation layer: resizing, homographies and arcs, and their inverses. It has no parameters.

A form maps positions of the result's frame to positions of the image, and back. All positions are fractions of width
and height from the upper left corner, measured to the edges of pixels. The published code solves for a homography
through points at half the height, so that the other corners are not mapped as requested, and inverts it by negating the
shifts, which is not the inverse; here corners are mapped exactly, both ways.
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

# Lower bound of the perspective denominators: positions beyond the horizon are invalid.
_HORIZON = 1e-3
# Positions are clamped to this many image sides outside of the image, which is mirrored there.
_FAR = 4.0
# Subsamples per pixel and axis for the coverage of a form.
_SUB = 4


class Form(Protocol):
    """A region of the result's frame, and the mapping between it and the image."""

    def source(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The image position shown at (x, y) of the frame; outside of 0..1 outside of the form."""

    def target(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The frame position of (x, y) of the image: the inverse of ``source``."""


@dataclass(frozen=True)
class Quad:
    """A homography that maps the image's corners to four positions of the frame.

    Attributes:
        corners: (x, y) of the upper left, upper right, lower right and lower left corner; a convex quadrilateral.
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
    """The upper edge is bent to a parabola, the lower one is straight; columns stay vertical.

    Attributes:
        rise: height of the edge's middle above its ends, as a fraction of the frame's height, -1 < rise < 1; negative
            values sag.
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
        """Vertical position of the edge at x, 0 is the top of the frame."""
        bent = (2 * x - 1).square().clamp(max=1)
        return self.rise * bent if self.rise > 0 else -self.rise * (1 - bent)


def form_of(shape: Shape | None) -> Form | None:
    """The form of a user's shape; ``None`` for the whole frame."""
    if shape is None:
        return None
    return Arc(shape.values[0]) if shape.word == "arc" else Quad(shape.corners)


def warped(x: Tensor, size: Size, form: Form | None = None, undo: bool = False) -> Tensor:
    """Warp a feature map or image to another size and form: section 3.1 of the paper.

    Args:
        x: [B, C, H, W], features or an image.
        size: (height, width) of the result.
        form: the target form; ``None`` for the whole frame.
        undo: apply the inverse: ``x`` is in that form.

    Returns:
        [B, C, height, width]; outside of the source, mirrored.
    """
    if form is None:
        if tuple(x.shape[2:]) == tuple(size):
            return x
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    grid = _sampling_grid(form, size, undo).to(x)
    return F.grid_sample(x, grid.expand(len(x), -1, -1, -1), "bilinear", "reflection", align_corners=False)


def inside(form: Form, size: Size) -> Tensor:
    """Coverage of each pixel of the frame by the form: [1, 1, height, width], 0..1."""
    height, width = size
    x, y = _centres(height * _SUB, width * _SUB)
    a, b = form.source(x, y)
    within = ((a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)).float()[None, None]
    return F.avg_pool2d(within, _SUB)


def _sampling_grid(form: Form, size: Size, undo: bool) -> Tensor:
    """The source position of every pixel, as for ``grid_sample``: [1, height, width, 2]."""
    x, y = _centres(*size)
    places = torch.stack(form.target(x, y) if undo else form.source(x, y), -1)
    return (places[None] * 2 - 1).clamp(-2 * _FAR, 2 * _FAR).float()


def _centres(height: int, width: int) -> tuple[Tensor, Tensor]:
    """x and y of all pixel centres, as fractions of width and height: [height, width] each, float64."""
    y = (torch.arange(height, dtype=torch.float64) + 0.5) / height
    x = (torch.arange(width, dtype=torch.float64) + 0.5) / width
    return x[None].expand(height, width), y[:, None].expand(height, width)


@lru_cache(maxsize=16)
def _homography(corners: Corners) -> Tensor:
    """The 3 x 3 matrix, float64, that maps the corners of the unit square to ``corners``."""
    rows, right = [], []
    for (u, v), (x, y) in zip(((0, 0), (1, 0), (1, 1), (0, 1)), corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        right += [x, y]
    solution = torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), torch.tensor(right, dtype=torch.float64))
    return torch.cat([solution, torch.ones(1, dtype=torch.float64)]).reshape(3, 3)


@lru_cache(maxsize=16)
def _inverse(corners: Corners) -> Tensor:
    inverse = torch.linalg.inv(_homography(corners))
    # Scaled so that the denominator is 1 at the first corner, hence positive inside of the form.
    x, y = corners[0]
    scaled: Tensor = inverse / (inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2])
    return scaled


def _projected(matrix: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    x_scaled, y_scaled, denominator = (row[0] * x + row[1] * y + row[2] for row in matrix)
    denominator = denominator.clamp(min=_HORIZON)
    return x_scaled / denominator, y_scaled / denominator
