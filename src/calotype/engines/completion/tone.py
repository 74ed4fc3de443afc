"""A fill made to meet what is around it: jumps of tone at its seams are turned into slopes across the whole hole."""

from __future__ import annotations

import torch
from torch import Tensor

# Right and down: (rows, columns).
WAYS = ((0, 1), (1, 0))


def evened(photo: Tensor, hole: Tensor, place: Tensor, source: Tensor, edge: float) -> Tensor:
    """What is to be added to the copied pixels of a hole so that its seams are not seen: [pixels, C].

    Poisson image editing (Perez, Gangnet, Blake, SIGGRAPH 2003, eq. 4): between two neighbours the result shall differ
    as they do in the copy; at a seam, as they do in the mean of both copies; and what is known stays as it is. Seams
    along which the copies differ much count little: evened out, they would be a haze over the hole.

    Args:
        photo: [1, C, h, w].
        hole: bool [h, w].
        place: int64 [pixels, 2], ``hole.nonzero()``.
        source: int64 [pixels, 2], the known pixel that each is a copy of.
        edge: what differs much more than this is meant to, as an edge, and stays.
    """
    rows, columns = hole.shape
    pixels = photo[0].permute(1, 2, 0).double()
    limit = torch.tensor([rows - 1, columns - 1], device=hole.device)
    number = torch.full((rows, columns), -1, dtype=torch.int64, device=hole.device)
    number[hole] = torch.arange(len(place), device=hole.device)
    copied = pixels.clone()
    copied[hole] = value(pixels, source, limit)
    origin = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), 2).to(hole.device)
    origin[hole] = source
    system = torch.zeros(len(place), len(place), dtype=torch.float64, device=hole.device)
    wanted = torch.zeros(len(place), pixels.shape[2], dtype=torch.float64, device=hole.device)
    for way in WAYS:
        step = torch.tensor(way, device=hole.device)
        first = (hole | hole.roll((-way[0], -way[1]), (0, 1)))[: rows - way[0], : columns - way[1]].nonzero()
        second = first + step
        one, two = number[first[:, 0], first[:, 1]], number[second[:, 0], second[:, 1]]
        from_one, from_two = origin[first[:, 0], first[:, 1]], origin[second[:, 0], second[:, 1]]
        # How the two differ in the copy that each of them comes from.
        in_one = value(pixels, from_one + step, limit) - value(pixels, from_one, limit)
        in_two = value(pixels, from_two, limit) - value(pixels, from_two - step, limit)
        now = copied[second[:, 0], second[:, 1]] - copied[first[:, 0], first[:, 1]]
        sure = torch.stack([known(hole, from_one + step), known(hole, from_two - step)]).to(now)
        count = sure.sum(0)
        meant = (sure[0][:, None] * in_one + sure[1][:, None] * in_two) / count.clamp_min(1)[:, None]
        lacking = torch.where(count[:, None] > 0, meant - now, 0.0)  # of u[two] - u[one]
        lacking = lacking / (1 + lacking.square().sum(1, keepdim=True) / edge**2)
        for own, other, sign in ((one, two, -1.0), (two, one, 1.0)):
            mine = own >= 0
            system.view(-1).index_add_(0, own[mine] * (len(place) + 1), torch.ones_like(own[mine], dtype=torch.float64))
            both = mine & (other >= 0)
            system[own[both], other[both]] -= 1
            wanted.index_add_(0, own[mine], sign * lacking[mine])
    lift: Tensor = torch.linalg.solve(system, wanted)
    return lift.to(photo)


def value(pixels: Tensor, place: Tensor, limit: Tensor) -> Tensor:
    """``pixels`` [h, w, C] at places [n, 2], or at the nearest there are."""
    held = torch.minimum(place.clamp_min(0), limit)
    return pixels[held[:, 0], held[:, 1]]


def known(hole: Tensor, place: Tensor) -> Tensor:
    """Whether places [n, 2] are in the picture and not in its hole: bool [n]."""
    inside = ((place >= 0) & (place < torch.tensor(hole.shape, device=hole.device))).all(1)
    held = torch.minimum(place.clamp_min(0), torch.tensor(hole.shape, device=hole.device) - 1)
    return inside & ~hole[held[:, 0], held[:, 1]]
