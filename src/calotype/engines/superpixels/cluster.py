"""Rows that are alike, each with its weight, put together: k-means."""

from __future__ import annotations

import torch
from torch import Tensor

_ROUNDS = 50  # at most; it settles in far fewer


def clustered(rows: Tensor, weights: Tensor, count: int, tries: int, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """The best of several beginnings of k-means, each begun as k-means++ (Arthur and Vassilvitskii, SODA 2007).

    Args:
        rows: [N, D].
        weights: [N], above 0.
        count: clusters; fewer where there are fewer different rows.
        tries: beginnings.
        noise: draws them, on the CPU, so that devices agree.

    Returns:
        Centres [K, D], and the number of the nearest of each row, int64 [N].
    """
    best: tuple[Tensor, Tensor] | None = None
    least = float("inf")
    for _ in range(tries):
        found = _settled(rows, weights, _begun(rows, weights, count, noise))
        left = unexplained(rows, weights, *found)
        if best is None or left < least:
            best, least = found, left
    assert best is not None
    return best


def unexplained(rows: Tensor, weights: Tensor, centres: Tensor, labels: Tensor) -> float:
    """The weighted mean of the squared distances of rows from their centres."""
    return float((weights * (rows - centres[labels]).square().sum(1)).sum() / weights.sum())


def _begun(rows: Tensor, weights: Tensor, count: int, noise: torch.Generator) -> Tensor:
    """Rows far from each other, as centres to begin with: [K, D]."""
    chance, chosen = weights.cpu().double(), []
    nearest = torch.full((len(rows),), float("inf"), dtype=torch.float64)
    for _ in range(min(count, len(rows))):
        total = chance.cumsum(0)
        if total[-1] <= 0:
            break  # all rows are centres already
        place = torch.rand(1, dtype=torch.float64, generator=noise) * total[-1]
        chosen.append(int(torch.searchsorted(total, place, right=True).clamp(max=len(rows) - 1)))
        nearest = torch.minimum(nearest, (rows - rows[chosen[-1]]).square().sum(1).cpu().double())
        chance = weights.cpu().double() * nearest
    return rows[chosen]


def _settled(rows: Tensor, weights: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    labels = torch.cdist(rows, centres).argmin(1)
    for _ in range(_ROUNDS):
        share = torch.zeros(len(centres), dtype=rows.dtype, device=rows.device).index_add_(0, labels, weights)
        total = torch.zeros_like(centres).index_add_(0, labels, weights[:, None] * rows)
        # A cluster that has lost all its rows stays where it is.
        centres = torch.where(share[:, None] > 0, total / share.clamp(min=1e-12)[:, None], centres)
        moved = torch.cdist(rows, centres).argmin(1)
        if torch.equal(moved, labels):
            break
        labels = moved
    return centres, labels
