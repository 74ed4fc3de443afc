"""Weighted k-means clustering."""

from __future__ import annotations

import torch
from torch import Tensor

_MAX_ITERATIONS = 50  # converges in far fewer


def kmeans(rows: Tensor, weights: Tensor, count: int, tries: int, noise: torch.Generator) -> tuple[Tensor, Tensor]:
    """The best of several runs of k-means, each with a k-means++ initialisation (Arthur and Vassilvitskii, SODA 2007).

    Args:
        rows: [N, D].
        weights: [N], above 0.
        count: number of clusters; fewer if there are fewer distinct rows.
        tries: number of initialisations.
        noise: CPU generator of the initialisations, so that devices agree.

    Returns:
        Centres [K, D], and the index of the nearest centre of each row, int64 [N].
    """
    best: tuple[Tensor, Tensor] | None = None
    least = float("inf")
    for _ in range(tries):
        result = _lloyd(rows, weights, _initial_centres(rows, weights, count, noise))
        error = within_variance(rows, weights, *result)
        if best is None or error < least:
            best, least = result, error
    assert best is not None
    return best


def within_variance(rows: Tensor, weights: Tensor, centres: Tensor, labels: Tensor) -> float:
    """The weighted mean squared distance of rows from their centres."""
    return float((weights * (rows - centres[labels]).square().sum(1)).sum() / weights.sum())


def _initial_centres(rows: Tensor, weights: Tensor, count: int, noise: torch.Generator) -> Tensor:
    """k-means++: rows far from each other, as initial centres: [K, D]."""
    probability, chosen = weights.cpu().double(), []
    nearest = torch.full((len(rows),), float("inf"), dtype=torch.float64)
    for _ in range(min(count, len(rows))):
        total = probability.cumsum(0)
        if total[-1] <= 0:
            break  # all rows are centres already
        place = torch.rand(1, dtype=torch.float64, generator=noise) * total[-1]
        chosen.append(int(torch.searchsorted(total, place, right=True).clamp(max=len(rows) - 1)))
        nearest = torch.minimum(nearest, (rows - rows[chosen[-1]]).square().sum(1).cpu().double())
        probability = weights.cpu().double() * nearest
    return rows[chosen]


def _lloyd(rows: Tensor, weights: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    labels = torch.cdist(rows, centres).argmin(1)
    for _ in range(_MAX_ITERATIONS):
        share = torch.zeros(len(centres), dtype=rows.dtype, device=rows.device).index_add_(0, labels, weights)
        total = torch.zeros_like(centres).index_add_(0, labels, weights[:, None] * rows)
        # The centre of an empty cluster does not move.
        centres = torch.where(share[:, None] > 0, total / share.clamp(min=1e-12)[:, None], centres)
        updated = torch.cdist(rows, centres).argmin(1)
        if torch.equal(updated, labels):
            break
        labels = updated
    return centres, labels
