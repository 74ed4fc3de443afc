"""What hangs together: connected components of anything whose neighbours are known."""

from __future__ import annotations

import torch
from torch import Tensor


def joined(pairs: Tensor, count: int) -> Tensor:
    """The number of the component of each of ``count`` things.

    Every thing takes the lowest number among those it is joined to, and then that of the thing it got it from, which
    doubles how far numbers have come: a few dozen rounds are enough for the longest line.

    Args:
        pairs: int64 [E, 2], things that are joined, numbers 0 .. ``count`` - 1.
        count: how many things.

    Returns:
        int64 [count], 0 .. components - 1, in the order of each component's first thing.
    """
    found = torch.arange(count, device=pairs.device)
    while True:
        least = torch.minimum(found[pairs[:, 0]], found[pairs[:, 1]])
        roots = torch.cat([found[pairs[:, 0]], found[pairs[:, 1]], pairs.flatten()])
        moved = found.scatter_reduce(0, roots, torch.cat([least, least, least.repeat_interleave(2)]), "amin")
        moved = moved[moved]
        if torch.equal(moved, found):
            numbered: Tensor = torch.unique(found, return_inverse=True)[1]
            return numbered
        found = moved


def neighbours(there: Tensor) -> Tensor:
    """Which of the pixels that are in ``there``, bool [H, W], touch, corners included: pairs int64 [E, 2].

    Pixels are numbered in the order of ``there.nonzero()``.
    """
    height, width = there.shape
    number = torch.full(there.shape, -1, dtype=torch.int64, device=there.device)
    number[there] = torch.arange(int(there.sum()), device=there.device)
    found = []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = number[: height - dy, max(0, -dx) : width - max(0, dx)]
        beside = number[dy:, max(0, dx) : width + min(0, dx)]
        both = (here >= 0) & (beside >= 0)
        found.append(torch.stack([here[both], beside[both]], 1))
    return torch.cat(found)
