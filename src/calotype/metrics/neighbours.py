"""Precision, recall, density and coverage of a set of generated images, from nearest neighbours.

A single distance cannot distinguish bad images from missing modes. Precision and density measure fidelity, recall and
coverage diversity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError, counted
from calotype.nn.embedding import Vectors, check_comparable

_ROWS = 1024  # per block of distances
_ROUNDING = 1e-12  # relative rounding error of squared distances


@dataclass(frozen=True)
class Neighbours:
    """The four scores.

    Attributes:
        precision: 0..1, fraction of generated images within the radius of a real one.
        recall: 0..1, fraction of real images within the radius of a generated one.
        density: at least 0, about 1 for equal distributions: mean number of real images whose radius contains a
            generated one, over k.
        coverage: 0..1, fraction of real images with a generated one within their radius.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: Vectors, fake: Vectors, *, k: int = 3, k_dense: int = 5) -> Neighbours:
    """Precision, recall, density and coverage.

    Precision and recall are those of Kynkaanniemi et al., Improved precision and recall metric, NeurIPS 2019 (eq. 1 and
    2), density and coverage those of Naeem et al., Reliable fidelity and diversity metrics, ICML 2020 (eq. 3 and 4).
    The radius of an image is the distance to its k-th nearest neighbour in its own set, itself excluded; distances
    equal to the radius are within it, so that duplicates count.

    Args:
        real: vectors [N, D] of the real images.
        fake: vectors [M, D] of the generated images; use equal numbers, since the scores are biased otherwise.
        k: number of neighbours for precision and recall.
        k_dense: number of neighbours for density and coverage.

    Raises:
        InputError: they are of different embeddings, or there are not more than k of either.
    """
    check_comparable(real, fake)
    most = max(k, k_dense)
    if min(k, k_dense) < 1 or min(len(real), len(fake)) <= most:
        raise InputError(
            f"the distance to neighbour {most} needs more than {counted(most, 'picture')} of each kind: give more"
        )
    a, b = real.values.double(), fake.values.double()
    radii_real, radii_fake = radii(a, (k, k_dense)), radii(b, (k,))
    within = _within(b, a, radii_real[k_dense])
    return Neighbours(
        precision=float((_within(b, a, radii_real[k]) > 0).double().mean()),
        recall=float((_within(a, b, radii_fake[k]) > 0).double().mean()),
        density=float(within.double().mean() / k_dense),
        coverage=float((_nearest(a, b) <= radii_real[k_dense]).double().mean()),
    )


def radii(vectors: Tensor, ks: Sequence[int]) -> dict[int, Tensor]:
    """For each k, the distance of every vector [N, D] to its k-th nearest neighbour: [N]."""
    found = []
    for first in range(0, len(vectors), _ROWS):
        distances = _distances(vectors[first : first + _ROWS], vectors)
        rows = torch.arange(len(distances))
        distances[rows, first + rows] = -1  # itself first, whatever the rounding error
        found.append(distances.topk(max(ks) + 1, 1, largest=False).values)
    nearest = torch.cat(found)
    return {k: nearest[:, k] for k in ks}


def _within(queries: Tensor, centres: Tensor, radius: Tensor) -> Tensor:
    """The number of centres [C, D] within whose radius [C] each query [Q, D] is: [Q]."""
    return torch.cat([(_distances(rows, centres) <= radius).sum(1) for rows in torch.split(queries, _ROWS)])


def _nearest(queries: Tensor, others: Tensor) -> Tensor:
    """The distance of each query [Q, D] to the nearest of the others [C, D]: [Q]."""
    return torch.cat([_distances(rows, others).amin(1) for rows in torch.split(queries, _ROWS)])


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """All distances [A, B] between vectors [A, D] and [B, D]."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    squares = lengths - 2 * (a @ b.mT)
    # Rounding errors are set to 0, so that duplicates are within each other's radius.
    return torch.where(squares > _ROUNDING * lengths, squares, torch.zeros_like(squares)).sqrt()
