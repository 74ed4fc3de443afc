"""Matches that hang together: neighbouring patches copied from neighbouring places, where that costs little.

Where many patches of a photo suit about as well, the best match of every patch is a matter of chance, and neighbours
come from all over the photo. What overlaps is then averaged, which blurs, and forms are put together of crumbs. Image
Analogies (Hertzmann et al., SIGGRAPH 2001, after Ashikhmin, I3D 2001) prefers a match that goes on with what the
neighbours were copied from. Here all patches are there at once, so that this can be asked for in both directions: the
sum is made small of the distances of all matches and a price for every pair of neighbours of unequal displacement (a
Potts model), by iterated conditional modes (Besag 1986).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import Grid, as_seekers, as_targets, strip_size
from calotype.matching.patchmatch import CROSS

# The eight neighbours of a patch, row and column.
_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
# A displacement is one number, rows times this and columns, so that two are compared at once; and what lies outside.
_ROW = 1 << 31
_NONE = 1 << 62
_SWEEPS = 4


def gathered(query: Grid, key: Grid, field: Tensor, price: float) -> Tensor:
    """``field`` with matches given up for those that go on with a neighbour's.

    Args:
        query: the patches that have matches, N of them.
        key: the patches that they are matched with.
        field: int64 [N].
        price: of a patch all of whose neighbours are displaced otherwise than it is, as a multiple of the mean distance
            of the matches in ``field``; 0 changes next to nothing.

    Returns:
        int64 [N].
    """
    (rows, columns), width = query.shape, key.shape[1]
    y, x = torch.meshgrid(
        torch.arange(rows, device=field.device), torch.arange(columns, device=field.device), indexing="ij"
    )
    found = field.view(rows, columns)
    moves = F.pad((found // width - y) * _ROW + (found % width - x), (1, 1, 1, 1), value=_NONE)
    targets = as_targets(key)
    parity = (y + x) % 2
    strips = list(query.strips(strip_size(field.device)))

    def distance(top: int, bottom: int, seekers: Tensor, to: Tensor) -> Tensor:
        """What the patches of some rows have against the displacements ``to`` [bottom - top, columns]."""
        down, across = _parts(to)
        row, column = y[top:bottom] + down, x[top:bottom] + across
        inside = (row >= 0) & (row < key.shape[0]) & (column >= 0) & (column < width)
        index = torch.where(inside, row * width + column, 0).flatten()
        against: Tensor = (seekers * targets[index]).sum(1).view(to.shape)
        return against.masked_fill(~inside, float("inf"))

    own = [
        distance(top, bottom, as_seekers(query.describe(top, bottom)), moves[top + 1 : bottom + 1, 1:-1])
        for top, bottom in strips
    ]
    # In double precision: a sum must not depend on how many threads it was shared out to.
    each = price * float(torch.cat(own).double().mean().clamp(min=0)) / len(_AROUND)
    for _ in range(_SWEEPS):
        for (top, bottom), now in zip(strips, own, strict=True):
            seekers = as_seekers(query.describe(top, bottom))
            for dy, dx in CROSS:
                # Every other patch at a time: two neighbours that took each other's match would never agree.
                for turn in (0, 1):
                    mine = moves[top + 1 : bottom + 1, 1:-1]
                    theirs = _beside(moves, top, bottom, dy, dx).clone()
                    cost = distance(top, bottom, seekers, theirs)
                    dearer = _unlike(moves, top, bottom, theirs) - _unlike(moves, top, bottom, mine)
                    better = (cost + each * dearer < now) & (parity[top:bottom] == turn)
                    mine.copy_(torch.where(better, theirs, mine))
                    now.copy_(torch.where(better, cost, now))
    down, across = _parts(moves[1:-1, 1:-1])
    return ((y + down) * width + x + across).flatten()


def _parts(moves: Tensor) -> tuple[Tensor, Tensor]:
    """The rows and the columns of displacements."""
    down = (moves + _ROW // 2) >> 31
    return down, moves - down * _ROW


def _beside(moves: Tensor, top: int, bottom: int, dy: int, dx: int) -> Tensor:
    """The displacements of what lies (dy, dx) off the patches of some rows, [bottom - top, columns]."""
    return moves[top + 1 + dy : bottom + 1 + dy, 1 + dx : moves.shape[1] - 1 + dx]


def _unlike(moves: Tensor, top: int, bottom: int, to: Tensor) -> Tensor:
    """How many neighbours of each patch of some rows are displaced otherwise than ``to``, what is outside counted."""
    count = torch.zeros(to.shape, dtype=torch.int8, device=moves.device)
    for dy, dx in _AROUND:
        count += _beside(moves, top, bottom, dy, dx) != to
    return count
