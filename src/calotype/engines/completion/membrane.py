"""Membrane interpolation of a hole, and a correction of a fill's low frequencies towards it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.pyramid import around
from calotype.image.blur import blur
from calotype.image.resize import resize

# Standard deviation of the low-pass blur, as a share of the side of a square of the hole's area.
BLUR = 0.04
# Relative tolerance and maximum iterations of the conjugate gradient method.
TOLERANCE, MAX_ITERATIONS = 1e-4, 500


def membrane_correction(picture: Tensor, photo: Tensor, hole: Tensor, strength: float) -> Tensor:
    """Correction of ``picture`` in the hole, [1, C, H, W], that matches its low frequencies to the surroundings.

    Differences from the membrane well below ``strength`` are removed, those well above are kept: they are objects,
    which the membrane cannot represent.

    Args:
        picture: [1, C, H, W], -1..1, the hole filled.
        photo: [1, C, h, w], the photo downsampled, since only its low frequencies matter.
        hole: bool [h, w].
        strength: on the -1..1 scale.
    """
    sigma = BLUR * float(hole.sum()) ** 0.5
    filled = torch.where(hole, resize(picture, (hole.shape[0], hole.shape[1])), photo)
    difference = blur(membrane(photo, hole), sigma) - blur(filled, sigma)
    difference = difference / (1 + difference.square().sum(1, keepdim=True) / strength**2)
    return resize(difference, (picture.shape[2], picture.shape[3]), mode="bilinear")


def membrane(photo: Tensor, hole: Tensor) -> Tensor:
    """Fill the hole, bool [h, w], with the solution of Laplace's equation: [1, C, h, w].

    Every pixel of the hole is the mean of its neighbours in the image. Solved by conjugate gradients, in the bounding
    box of the hole and its neighbours.
    """
    box = (..., *around(hole, 1))
    result = photo.clone()
    result[box] = _solved(photo[box], hole[box])
    return result


def _solved(photo: Tensor, hole: Tensor) -> Tensor:
    """``membrane`` of a whole image."""
    inside = hole.to(photo)
    size = photo.shape[2:]
    # Number of existing neighbours of each pixel, at most 4.
    neighbours = _neighbour_sum(torch.ones(1, 1, *size, device=photo.device, dtype=photo.dtype))
    known = photo * (1 - inside)

    def laplacian(x: Tensor) -> Tensor:
        return inside * (neighbours * x - _neighbour_sum(x))

    mean = known.sum((2, 3), keepdim=True) / (1 - inside).sum().clamp_min(1)
    x = inside * mean
    residue = inside * _neighbour_sum(known) - laplacian(x)
    direction, norm = residue, residue.square().sum((2, 3), keepdim=True)
    threshold = TOLERANCE**2 * float(norm.max())
    for _ in range(MAX_ITERATIONS):
        if float(norm.max()) <= threshold:
            break
        product = laplacian(direction)
        step = norm / (direction * product).sum((2, 3), keepdim=True).clamp_min(1e-20)
        x, residue = x + step * direction, residue - step * product
        before, norm = norm, residue.square().sum((2, 3), keepdim=True)
        direction = residue + norm / before.clamp_min(1e-20) * direction
    return known + x


def _neighbour_sum(x: Tensor) -> Tensor:
    """The sum of a pixel's four neighbours; 0 beyond the border."""
    x = F.pad(x, (1, 1, 1, 1))
    return x[:, :, 2:, 1:-1] + x[:, :, :-2, 1:-1] + x[:, :, 1:-1, 2:] + x[:, :, 1:-1, :-2]
