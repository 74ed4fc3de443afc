"""The best match of a few descriptions among very many: all compared, or those in the nearest leaves of a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_STRIP = 1 << 14  # candidates compared at a time, so that their scores stay in the cache

# Finds for each row of [n, D] the index of a near row, int64 [n].
Search = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Exhaustive:
    """The nearest of ``rows`` [N, D], all compared; of equals the first."""

    turned: Tensor  # -2 rows, transposed: [D, N]
    squares: Tensor  # [N]

    @classmethod
    def of(cls, rows: Tensor) -> Exhaustive:
        """Made ready for ``rows``."""
        return cls((-2 * rows).T.contiguous(), rows.square().sum(1))

    def __call__(self, asked: Tensor) -> Tensor:
        """See ``Search``."""
        best = torch.full((len(asked),), float("inf"), device=asked.device)
        index = torch.zeros(len(asked), dtype=torch.int64, device=asked.device)
        for start in range(0, len(self.squares), _STRIP):
            part = slice(start, start + _STRIP)
            score, which = torch.addmm(self.squares[part], asked, self.turned[:, part]).min(1)
            better = score < best
            index = torch.where(better, which + start, index)
            best = torch.where(better, score, best)
        return index


@dataclass(frozen=True)
class Tree:
    """The nearest of those rows that lie in the ``probes`` leaves of nearest middle: nearly always the nearest of all.

    Rows are halved again and again along the coordinate in which they differ most (a k-d tree), so that all leaves are
    of one size and any number of them is one tensor. The paper searches a tree of this kind too, one pixel at a time.
    """

    leaves: Tensor  # int64 [leaves, size], indices of rows
    members: Tensor  # [leaves, size, D]
    middles: Exhaustive
    probes: int

    @classmethod
    def of(cls, rows: Tensor, leaf: int, probes: int) -> Tree:
        """Made ready for ``rows`` [N, D], about ``leaf`` of them a leaf."""
        depth = max(0, (len(rows) // leaf).bit_length() - 1)
        over = -len(rows) % 2**depth
        every = torch.arange(len(rows) + over, device=rows.device) % len(rows)  # a few stand twice, to come out even
        nodes = every[None]
        for _ in range(depth):
            inside = rows[nodes]
            axis = inside.var(1).argmax(1)
            along = inside.gather(2, axis[:, None, None].expand(-1, inside.shape[1], 1))[:, :, 0]
            nodes = nodes.gather(1, along.argsort(dim=1, stable=True)).reshape(2 * len(nodes), -1)
        members = rows[nodes]
        return cls(nodes, members, Exhaustive.of(members.mean(1)), min(probes, len(nodes)))

    def __call__(self, asked: Tensor) -> Tensor:
        """See ``Search``."""
        far = torch.addmm(self.middles.squares, asked, self.middles.turned)
        chosen = far.topk(self.probes, largest=False, sorted=True).indices
        inside = self.members[chosen].flatten(1, 2)
        distance = (inside - asked[:, None]).square_().sum(2)
        best = distance.argmin(1, keepdim=True)
        return self.leaves[chosen].flatten(1).gather(1, best)[:, 0]
