"""Coherent matches of the patches around a hole: neighbours copied together, where that costs little.

Iterated conditional modes on the match distances and a Potts penalty for neighbours with different displacements, as in
``matching.coherence``, but for a part of an image and only where neighbours differ, which soon are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.matching.field import Grid, products, query_rows
from calotype.matching.patchmatch import CROSS

if TYPE_CHECKING:
    from calotype.engines.completion.search import LevelSearch

_SWEEPS = 3
# A displacement is packed into one integer, rows * _ROW + columns.
_ROW = 1 << 20


def continue_neighbours(
    search: LevelSearch, query: Grid, field: Tensor, score: Tensor, weight: float
) -> tuple[Tensor, Tensor]:
    """Replace matches by continuations of a neighbour's match where that reduces the total cost.

    Args:
        search: the level and its patches.
        query: the patches of its box.
        field: int64 [patches of the box].
        score: [patches of the box], the match distances.
        weight: penalty of a patch all of whose neighbours have other displacements, as a multiple of the mean distance.

    Returns:
        the field and its distances.
    """
    rows, columns = search.source.shape
    targets = search.targets(field)
    down, across = search.displacements(field)
    moves = F.pad(down * _ROW + across, (1, 1, 1, 1))
    width = moves.shape[1]
    moves = moves.flatten()
    around = torch.tensor([y * width + x for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)])
    around = around.to(field.device)
    chosen = search.active.flatten().nonzero()[:, 0]
    y, x = chosen // search.shape[1], chosen % search.shape[1]
    at = (y + 1) * width + x + 1
    queries = query_rows(query.describe(0, search.shape[0]))[chosen]
    current = score[chosen]
    # In double precision, so that the result does not depend on the number of threads.
    penalty = weight * float(current.double().mean().clamp_min(0)) / len(around)
    y, x, odd = y + search.box[0], x + search.box[2], (y + x) % 2
    # Neighbours are never updated at once: they could swap matches for ever.
    halves = [(odd == colour).nonzero()[:, 0] for colour in (0, 1)]
    places = [at[half] for half in halves]
    for _ in range(_SWEEPS):
        for dy, dx in CROSS:
            for half, place in zip(halves, places):
                own = moves.index_select(0, place)
                to = moves.index_select(0, place + (dy * width + dx))
                differ = (to != own).nonzero()[:, 0]
                if not len(differ):
                    continue
                some, place, own, to = (one.index_select(0, differ) for one in (half, place, own, to))
                to_down, to_across = _unpacked(to)
                row, column = y.index_select(0, some) + to_down, x.index_select(0, some) + to_across
                inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
                match = torch.where(inside, row * columns + column, 0)
                cost = products(queries.index_select(0, some), targets, match[:, None])[:, 0]
                neighbours = moves.index_select(0, (place[:, None] + around).flatten()).view(-1, len(around))
                more = (neighbours != to[:, None]).sum(1) - (neighbours != own[:, None]).sum(1)
                better = (inside & (cost + penalty * more < current.index_select(0, some))).nonzero()[:, 0]
                kept = some.index_select(0, better)
                moves[place.index_select(0, better)] = to.index_select(0, better)
                current[kept] = cost.index_select(0, better)
    to_down, to_across = _unpacked(moves[at])
    field, score = field.clone(), score.clone()
    field[chosen] = (y + to_down) * columns + x + to_across
    score[chosen] = current
    return field, score


def _unpacked(moves: Tensor) -> tuple[Tensor, Tensor]:
    """The rows and the columns of packed displacements."""
    down = (moves + _ROW // 2) >> 20
    return down, moves - down * _ROW
