"""Coherent matches: neighbouring patches copied from neighbouring positions, where that costs little.

Where many patches of a photo match about equally well, the best match of each patch is arbitrary, and neighbours are
copied from all over the photo. Averaging their overlaps blurs, and shapes are composed of tiny fragments. Image
Analogies (Hertzmann et al., SIGGRAPH 2001, after Ashikhmin, I3D 2001) prefers matches that continue those of the
neighbours. Here all patches have matches at once, so coherence can be enforced in all directions: iterated conditional
modes (Besag 1986) minimizes the sum of all match distances and a Potts penalty for every pair of neighbours with
different displacements.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import Grid, key_rows, products, query_rows, strip_size
from calotype.matching.patchmatch import CROSS

# Offsets (row, column) of the eight neighbours of a patch.
_NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
# A displacement is packed into one integer, rows * _ROW + columns, for fast comparison; _NONE marks the outside.
_ROW = 1 << 31
_NONE = 1 << 62
_SWEEPS = 4


def make_coherent(query: Grid, key: Grid, field: Tensor, weight: float) -> Tensor:
    """Replace matches in ``field`` by continuations of a neighbour's match where that reduces the total cost.

    Args:
        query: the matched patches, N of them.
        key: the patches they are matched with.
        field: int64 [N].
        weight: penalty of a patch all of whose neighbours have other displacements, as a multiple of the mean distance
            of the matches in ``field``; 0 changes next to nothing.

    Returns:
        int64 [N].
    """
    (rows, columns), width = query.shape, key.shape[1]
    y, x = torch.meshgrid(
        torch.arange(rows, device=field.device), torch.arange(columns, device=field.device), indexing="ij"
    )
    matches = field.view(rows, columns)
    moves = F.pad((matches // width - y) * _ROW + (matches % width - x), (1, 1, 1, 1), value=_NONE)
    targets = key_rows(key)
    parity = (y + x) % 2
    strips = list(query.strips(strip_size(field.device)))

    def distance(top: int, bottom: int, queries: Tensor, to: Tensor) -> Tensor:
        """Match distances of the patches of some rows for displacements ``to`` [bottom - top, columns]."""
        down, across = _unpack(to)
        row, column = y[top:bottom] + down, x[top:bottom] + across
        inside = (row >= 0) & (row < key.shape[0]) & (column >= 0) & (column < width)
        index = torch.where(inside, row * width + column, 0).flatten()
        cost: Tensor = products(queries, targets, index[:, None]).view(to.shape)
        return cost.masked_fill(~inside, float("inf"))

    costs = [
        distance(top, bottom, query_rows(query.describe(top, bottom)), moves[top + 1 : bottom + 1, 1:-1])
        for top, bottom in strips
    ]
    # In double precision, so that the result does not depend on the number of threads.
    penalty = weight * float(torch.cat(costs).double().mean().clamp(min=0)) / len(_NEIGHBOURS)
    for _ in range(_SWEEPS):
        for (top, bottom), current in zip(strips, costs, strict=True):
            queries = query_rows(query.describe(top, bottom))
            for dy, dx in CROSS:
                # Checkerboard updates: two neighbours updated at once could swap matches for ever.
                for colour in (0, 1):
                    own = moves[top + 1 : bottom + 1, 1:-1]
                    proposed = _neighbour_moves(moves, top, bottom, dy, dx).clone()
                    cost = distance(top, bottom, queries, proposed)
                    more_different = _count_different(moves, top, bottom, proposed) - _count_different(
                        moves, top, bottom, own
                    )
                    better = (cost + penalty * more_different < current) & (parity[top:bottom] == colour)
                    own.copy_(torch.where(better, proposed, own))
                    current.copy_(torch.where(better, cost, current))
    down, across = _unpack(moves[1:-1, 1:-1])
    return ((y + down) * width + x + across).flatten()


def _unpack(moves: Tensor) -> tuple[Tensor, Tensor]:
    """The rows and the columns of packed displacements."""
    down = (moves + _ROW // 2) >> 31
    return down, moves - down * _ROW


def _neighbour_moves(moves: Tensor, top: int, bottom: int, dy: int, dx: int) -> Tensor:
    """Displacements of the neighbours at (dy, dx) of the patches of some rows, [bottom - top, columns]."""
    return moves[top + 1 + dy : bottom + 1 + dy, 1 + dx : moves.shape[1] - 1 + dx]


def _count_different(moves: Tensor, top: int, bottom: int, to: Tensor) -> Tensor:
    """For each patch of some rows, the number of neighbours with a displacement other than ``to``, the outside
    included.
    """
    count = torch.zeros(to.shape, dtype=torch.int8, device=moves.device)
    for dy, dx in _NEIGHBOURS:
        count += _neighbour_moves(moves, top, bottom, dy, dx) != to
    return count
