"""The smoothest surface through the rim of a hole, and a fill whose broad tones are drawn towards it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.blur import blur
from calotype.image.resize import resize

# What counts as a detail: standard deviation of a blur, as a share of the side of a square as large as the hole.
BROAD = 0.04
# Of the largest error at the start, and rounds of conjugate gradients at most.
PRECISION, MOST_ROUNDS = 1e-4, 500


def drawn_near(picture: Tensor, photo: Tensor, hole: Tensor, strength: float) -> Tensor:
    """What is to be added to ``picture`` in the hole, [1, C, H, W], so that its tones meet those around it.

    Differences from the membrane well below ``strength`` are taken away, and those well above it are left: they are
    things, which the membrane knows nothing of.

    Args:
        picture: [1, C, H, W], -1..1, the hole filled.
        photo: [1, C, h, w], the photo at a size where the hole is small enough to look at its tones only.
        hole: bool [h, w].
        strength: on the -1..1 scale.
    """
    sigma = BROAD * float(hole.sum()) ** 0.5
    filled = torch.where(hole, resize(picture, (hole.shape[0], hole.shape[1])), photo)
    lacking = blur(membrane(photo, hole), sigma) - blur(filled, sigma)
    lacking = lacking / (1 + lacking.square().sum(1, keepdim=True) / strength**2)
    return resize(lacking, (picture.shape[2], picture.shape[3]), mode="bilinear")


def membrane(photo: Tensor, hole: Tensor) -> Tensor:
    """The photo with the hole, bool [h, w], filled by the solution of Laplace's equation: [1, C, h, w].

    Every pixel of the hole is the mean of its neighbours in the picture. By conjugate gradients.
    """
    inside = hole.to(photo)
    size = photo.shape[2:]
    # How many of a pixel's four neighbours there are.
    neighbours = _summed(torch.ones(1, 1, *size, device=photo.device, dtype=photo.dtype))
    known = photo * (1 - inside)

    def laplacian(x: Tensor) -> Tensor:
        return inside * (neighbours * x - _summed(x))

    mean = known.sum((2, 3), keepdim=True) / (1 - inside).sum().clamp_min(1)
    x = inside * mean
    residue = inside * _summed(known) - laplacian(x)
    way, length = residue, residue.square().sum((2, 3), keepdim=True)
    enough = PRECISION**2 * float(length.max())
    for _ in range(MOST_ROUNDS):
        if float(length.max()) <= enough:
            break
        ahead = laplacian(way)
        step = length / (way * ahead).sum((2, 3), keepdim=True).clamp_min(1e-20)
        x, residue = x + step * way, residue - step * ahead
        before, length = length, residue.square().sum((2, 3), keepdim=True)
        way = residue + length / before.clamp_min(1e-20) * way
    return known + x


def _summed(x: Tensor) -> Tensor:
    """The sum of a pixel's neighbours above, below, left and right; beyond the edge there are none."""
    x = F.pad(x, (1, 1, 1, 1))
    return x[:, :, 2:, 1:-1] + x[:, :, :-2, 1:-1] + x[:, :, 1:-1, 2:] + x[:, :, 1:-1, :-2]
