"""Nearest neighbour search for descriptors: exhaustive, or in the nearest leaves of a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_STRIP = 1 << 14  # keys per block, so that the scores fit the cache

# Maps queries [n, D] to the indices of near rows, int64 [n].
Search = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Exhaustive:
    """The nearest of ``rows`` [N, D] by exhaustive search; the first of equal ones."""

    transposed: Tensor  # -2 rows, transposed: [D, N]
    squares: Tensor  # [N]

    @classmethod
    def of(cls, rows: Tensor) -> Exhaustive:
        """Prepare the search in ``rows``."""
        return cls((-2 * rows).T.contiguous(), rows.square().sum(1))

    def __call__(self, queries: Tensor) -> Tensor:
        """See ``Search``."""
        best = torch.full((len(queries),), float("inf"), device=queries.device)
        index = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
        for start in range(0, len(self.squares), _STRIP):
            part = slice(start, start + _STRIP)
            score, which = torch.addmm(self.squares[part], queries, self.transposed[:, part]).min(1)
            better = score < best
            index = torch.where(better, which + start, index)
            best = torch.where(better, score, best)
        return index


@dataclass(frozen=True)
class Tree:
    """The nearest row in the ``probes`` leaves with the nearest centres: nearly always the nearest of all.

    A k-d tree: nodes are split at the median of the coordinate of largest variance, so that all leaves have the same
    size and any number of them is one tensor. The paper also searches a tree, one pixel at a time.
    """

    leaves: Tensor  # int64 [leaves, size], indices of rows
    members: Tensor  # [leaves, size, D]
    centres: Exhaustive
    probes: int

    @classmethod
    def of(cls, rows: Tensor, leaf: int, probes: int) -> Tree:
        """Prepare the search in ``rows`` [N, D], with about ``leaf`` of them per leaf."""
        depth = max(0, (len(rows) // leaf).bit_length() - 1)
        padding = -len(rows) % 2**depth
        indices = torch.arange(len(rows) + padding, device=rows.device) % len(
            rows
        )  # a few rows are repeated, for leaves of equal size
        nodes = indices[None]
        for _ in range(depth):
            inside = rows[nodes]
            axis = inside.var(1).argmax(1)
            along = inside.gather(2, axis[:, None, None].expand(-1, inside.shape[1], 1))[:, :, 0]
            nodes = nodes.gather(1, along.argsort(dim=1, stable=True)).reshape(2 * len(nodes), -1)
        members = rows[nodes]
        return cls(nodes, members, Exhaustive.of(members.mean(1)), min(probes, len(nodes)))

    def __call__(self, queries: Tensor) -> Tensor:
        """See ``Search``."""
        distances = torch.addmm(self.centres.squares, queries, self.centres.transposed)
        chosen = distances.topk(self.probes, largest=False, sorted=True).indices
        inside = self.members[chosen].flatten(1, 2)
        distance = (inside - queries[:, None]).square_().sum(2)
        best = distance.argmin(1, keepdim=True)
        return self.leaves[chosen].flatten(1).gather(1, best)[:, 0]
