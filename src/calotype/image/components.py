"""Connected components of a graph given by its edges."""

from __future__ import annotations

import torch
from torch import Tensor


def joined(pairs: Tensor, count: int) -> Tensor:
    """Connected components: the component index of each of ``count`` nodes.

    Every node takes the minimum label of its neighbours, and then the label of the node it came from (pointer jumping).
    This doubles the distance that labels travel in a round, so a few dozen rounds are enough for the longest chain.

    Args:
        pairs: int64 [E, 2], edges between nodes 0 .. ``count`` - 1.
        count: number of nodes.

    Returns:
        int64 [count], 0 .. components - 1, in the order of the first node of each component.
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
    """The edges between 8-connected pixels of ``there``, bool [H, W]: int64 [E, 2].

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
