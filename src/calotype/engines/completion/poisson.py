"""Poisson blending of a fill: seam differences are distributed smoothly over the hole."""

from __future__ import annotations

import torch
from torch import Tensor

# Right and down: (rows, columns).
DIRECTIONS = ((0, 1), (1, 0))


def poisson_correction(photo: Tensor, hole: Tensor, place: Tensor, source: Tensor, edge: float) -> Tensor:
    """Correction of the copied pixels of a hole that hides the seams: [pixels, C].

    Poisson image editing (Perez, Gangnet, Blake, SIGGRAPH 2003, eq. 4): the gradient of the result is that of the
    copies; at a seam, the mean of the gradients of both copies; known pixels are fixed. Seams along which the copies
    differ much get little weight: they would spread a haze over the hole.

    Args:
        photo: [1, C, h, w].
        hole: bool [h, w].
        place: int64 [pixels, 2], ``hole.nonzero()``.
        source: int64 [pixels, 2], the known pixel that each is copied from.
        edge: differences well above this are kept, as edges.
    """
    rows, columns = hole.shape
    pixels = photo[0].permute(1, 2, 0).double()
    limit = torch.tensor([rows - 1, columns - 1], device=hole.device)
    number = torch.full((rows, columns), -1, dtype=torch.int64, device=hole.device)
    number[hole] = torch.arange(len(place), device=hole.device)
    copied = pixels.clone()
    copied[hole] = value_at(pixels, source, limit)
    origin = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), 2).to(hole.device)
    origin[hole] = source
    system = torch.zeros(len(place), len(place), dtype=torch.float64, device=hole.device)
    rhs = torch.zeros(len(place), pixels.shape[2], dtype=torch.float64, device=hole.device)
    for direction in DIRECTIONS:
        step = torch.tensor(direction, device=hole.device)
        first = (hole | hole.roll((-direction[0], -direction[1]), (0, 1)))[
            : rows - direction[0], : columns - direction[1]
        ].nonzero()
        second = first + step
        one, two = number[first[:, 0], first[:, 1]], number[second[:, 0], second[:, 1]]
        from_one, from_two = origin[first[:, 0], first[:, 1]], origin[second[:, 0], second[:, 1]]
        # Their difference in the source of each.
        in_one = value_at(pixels, from_one + step, limit) - value_at(pixels, from_one, limit)
        in_two = value_at(pixels, from_two, limit) - value_at(pixels, from_two - step, limit)
        now = copied[second[:, 0], second[:, 1]] - copied[first[:, 0], first[:, 1]]
        valid = torch.stack([is_known(hole, from_one + step), is_known(hole, from_two - step)]).to(now)
        count = valid.sum(0)
        target = (valid[0][:, None] * in_one + valid[1][:, None] * in_two) / count.clamp_min(1)[:, None]
        difference = torch.where(count[:, None] > 0, target - now, 0.0)  # of u[two] - u[one]
        difference = difference / (1 + difference.square().sum(1, keepdim=True) / edge**2)
        for own, other, sign in ((one, two, -1.0), (two, one, 1.0)):
            mine = own >= 0
            system.view(-1).index_add_(0, own[mine] * (len(place) + 1), torch.ones_like(own[mine], dtype=torch.float64))
            both = mine & (other >= 0)
            system[own[both], other[both]] -= 1
            rhs.index_add_(0, own[mine], sign * difference[mine])
    lift: Tensor = torch.linalg.solve(system, rhs)
    return lift.to(photo)


def value_at(pixels: Tensor, place: Tensor, limit: Tensor) -> Tensor:
    """``pixels`` [h, w, C] at positions [n, 2], clamped to the image."""
    clamped = torch.minimum(place.clamp_min(0), limit)
    return pixels[clamped[:, 0], clamped[:, 1]]


def is_known(hole: Tensor, place: Tensor) -> Tensor:
    """Whether positions [n, 2] are in the image and not in its hole: bool [n]."""
    inside = ((place >= 0) & (place < torch.tensor(hole.shape, device=hole.device))).all(1)
    clamped = torch.minimum(place.clamp_min(0), torch.tensor(hole.shape, device=hole.device) - 1)
    return inside & ~hole[clamped[:, 0], clamped[:, 1]]
