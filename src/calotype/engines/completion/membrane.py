"""Membrane interpolation of a hole."""

from __future__ import annotations

from torch import Tensor

from calotype.engines.completion.laplace import neighbour_sum, solved
from calotype.engines.completion.pyramid import around


def membrane(photo: Tensor, hole: Tensor, tolerance: float = 1e-4) -> Tensor:
    """Fill the hole, bool [h, w], with the solution of Laplace's equation: [1, C, h, w].

    Every pixel of the hole is the mean of its neighbours in the image. Solved in the bounding box of the hole and its
    neighbours, up to a residue of ``tolerance``, relative to what is given.
    """
    box = (..., *around(hole, 1))
    inside = hole[box].to(photo)
    known = photo[box] * (1 - inside)
    # Relative to the mean of what is known, which is near the solution.
    mean = known.sum((2, 3), keepdim=True) / (1 - inside).sum().clamp_min(1)
    known = (known - mean) * (1 - inside)
    result = photo.clone()
    result[box] = known + solved(neighbour_sum(known), inside, tolerance=tolerance) + mean
    return result
