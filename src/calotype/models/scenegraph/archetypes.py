"""Archetypes: typical appearance vectors of each class, found by clustering those of the training pictures."""

from __future__ import annotations

import torch
from torch import Tensor

_ROUNDS = 25  # of k-means


def archetypes(vectors: Tensor, classes: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """The centres of ``size`` clusters of the vectors of each class, similar ones next to each other.

    Args:
        vectors: [N, d].
        classes: int64 [N], 0 and more.
        count: how many classes there are.
        size: clusters of each class; classes with fewer vectors repeat theirs, those without any have zeros.
        generator: of the first centres.

    Returns:
        [count, size, d].
    """
    result = vectors.new_zeros(count, size, vectors.shape[1])
    for kind in range(count):
        own = vectors[classes == kind]
        if len(own):
            centres = _in_order(_centres(own, min(size, len(own)), generator))
            result[kind] = centres[torch.arange(size) * len(centres) // size]
    return result


def _centres(vectors: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """K-means, begun with k-means++ (Arthur and Vassilvitskii, SODA 2007)."""
    centres = vectors[torch.randint(len(vectors), (1,), generator=generator)]
    while len(centres) < size:
        nearest = torch.cdist(vectors, centres).amin(1).square()
        weights = nearest if float(nearest.sum()) > 0 else torch.ones_like(nearest)
        centres = torch.cat([centres, vectors[torch.multinomial(weights, 1, generator=generator)]])
    for _ in range(_ROUNDS):
        own = torch.cdist(vectors, centres).argmin(1)
        counts = torch.bincount(own, minlength=size)[:, None]
        sums = torch.zeros_like(centres).index_add_(0, own, vectors)
        centres = torch.where(counts > 0, sums / counts.clamp_min(1), centres)
    return centres


def _in_order(centres: Tensor) -> Tensor:
    """The centres along a short path: the nearest one next, then turned parts that make it shorter (2-opt)."""
    distances = torch.cdist(centres, centres)
    left = set(range(len(centres)))
    path = [int(centres.sum(1).argmin())]
    left.remove(path[0])
    while left:
        rest = sorted(left)
        path.append(rest[int(distances[path[-1], rest].argmin())])
        left.remove(path[-1])
    return centres[_shorter(path, distances)]


def _shorter(path: list[int], distances: Tensor) -> list[int]:
    table = distances.tolist()
    improved = True
    while improved:
        improved = False
        for i in range(len(path) - 2):
            for j in range(i + 2, len(path)):
                before = table[path[i]][path[i + 1]] + (table[path[j]][path[j + 1]] if j + 1 < len(path) else 0.0)
                after = table[path[i]][path[j]] + (table[path[i + 1]][path[j + 1]] if j + 1 < len(path) else 0.0)
                if after < before - 1e-9:
                    path[i + 1 : j + 1] = reversed(path[i + 1 : j + 1])
                    improved = True
    return path
