"""Laplace's and Poisson's equation in a hole, by conjugate gradients that start from the solution at half the size.

The start makes few iterations suffice in large holes (cascadic multigrid: Bornemann and Deuflhard, Numerische
Mathematik 75, 1996).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Maximum iterations of the conjugate gradient method, and sides from which on half the size is solved first.
MAX_ITERATIONS, HALVED = 500, 12


def solved(rhs: Tensor, inside: Tensor, screen: float = 0.0, tolerance: float = 1e-4) -> Tensor:
    """The surface that is 0 outside the hole, and whose negative Laplacian in it is ``rhs``: [1, C, h, w].

    In the hole, ``(neighbours + screen) * x - sum(neighbours of x) = rhs``. Pixels have only the neighbours that are in
    the image.

    Args:
        rhs: [1, C, h, w].
        inside: [h, w], 1 in the hole, else 0.
        screen: weight of ``x`` itself: it draws the surface towards 0.
        tolerance: of the equation, relative to ``rhs``, root mean square.
    """
    rhs = rhs * inside
    neighbours = neighbour_sum(torch.ones_like(inside)[None, None]) + screen

    def laplacian(x: Tensor) -> Tensor:
        return inside * (neighbours * x - neighbour_sum(x))

    x = coarse_start(rhs, inside, screen, tolerance)
    residue = rhs - laplacian(x)
    direction, norm = residue, residue.square().sum((2, 3), keepdim=True)
    threshold = tolerance**2 * float(rhs.square().sum((2, 3)).max())
    for _ in range(MAX_ITERATIONS):
        if float(norm.max()) <= threshold:
            break
        product = laplacian(direction)
        step = norm / (direction * product).sum((2, 3), keepdim=True).clamp_min(1e-20)
        x, residue = x + step * direction, residue - step * product
        before, norm = norm, residue.square().sum((2, 3), keepdim=True)
        direction = residue + norm / before.clamp_min(1e-20) * direction
    return x


def coarse_start(rhs: Tensor, inside: Tensor, screen: float, tolerance: float) -> Tensor:
    """The solution at half the size, upsampled; 0 if the image or the hole is too small for that."""
    height, width = inside.shape
    if min(height, width) < HALVED:
        return torch.zeros_like(rhs)
    odd = (0, width % 2, 0, height % 2)
    smaller = (F.avg_pool2d(F.pad(inside[None, None], odd), 2) > 0.5)[0, 0].to(rhs)
    if not smaller.any():
        return torch.zeros_like(rhs)
    # A pixel is twice as wide: its Laplacian is four times the mean of those of its parts.
    sums = F.avg_pool2d(F.pad(rhs, odd), 2) * 4
    x = solved(sums, smaller, 4 * screen, tolerance)
    larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return larger[:, :, :height, :width] * inside


def neighbour_sum(x: Tensor) -> Tensor:
    """The sum of a pixel's four neighbours; 0 beyond the border."""
    x = F.pad(x, (1, 1, 1, 1))
    return x[:, :, 2:, 1:-1] + x[:, :, :-2, 1:-1] + x[:, :, 1:-1, 2:] + x[:, :, 1:-1, :-2]
