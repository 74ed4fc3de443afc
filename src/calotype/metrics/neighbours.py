"""What a set of made pictures has of the real ones, and the other way round: shares told by nearest neighbours.

One distance cannot say whether pictures are bad or some kinds of them are missing. Precision and density say how many
made ones look real, recall and coverage how much of what is real is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.nn.embedding import Vectors, check_comparable

_ROWS = 1024  # compared at a time
_ROUNDING = 1e-12  # of the squared lengths: what is left of a squared distance of 0


@dataclass(frozen=True)
class Neighbours:
    """Shares.

    Attributes:
        precision: 0..1, of the made that lie within reach of a real one.
        recall: 0..1, of the real that lie within reach of a made one.
        density: at least 0, about 1 for equal distributions: how many real ones reach a made one, over k.
        coverage: 0..1, of the real that have a made one within reach.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: Vectors, fake: Vectors, *, k: int = 3, k_dense: int = 5) -> Neighbours:
    """Precision, recall, density and coverage.

    Precision and recall are those of Kynkaanniemi et al., Improved precision and recall metric, NeurIPS 2019 (eq. 1 and
    2), density and coverage of Naeem et al., Reliable fidelity and diversity metrics, ICML 2020 (eq. 3 and 4). A
    picture reaches as far as its k-th nearest neighbour in its own set, itself not counted; what lies just at that
    distance is within reach, so that duplicates reach each other.

    Args:
        real: vectors [N, D] of the real pictures.
        fake: vectors [M, D] of those to judge; as many as there are real ones, or the shares lean to one side.
        k: which neighbour, for precision and recall.
        k_dense: which, for density and coverage.

    Raises:
        InputError: they are of different embeddings, or there are not more than k of either.
    """
    check_comparable(real, fake)
    most = max(k, k_dense)
    if min(k, k_dense) < 1 or min(len(real), len(fake)) <= most:
        raise InputError(f"a reach to neighbour {most} needs more than {most} pictures of each kind: give more")
    a, b = real.values.double(), fake.values.double()
    reach_real, reach_fake = reaches(a, (k, k_dense)), reaches(b, (k,))
    within = _within(b, a, reach_real[k_dense])
    return Neighbours(
        precision=float((_within(b, a, reach_real[k]) > 0).double().mean()),
        recall=float((_within(a, b, reach_fake[k]) > 0).double().mean()),
        density=float(within.double().mean() / k_dense),
        coverage=float((_nearest(a, b) <= reach_real[k_dense]).double().mean()),
    )


def reaches(vectors: Tensor, ks: Sequence[int]) -> dict[int, Tensor]:
    """For each k, the distance of every vector [N, D] to its k-th nearest among the others: [N]."""
    found = []
    for first in range(0, len(vectors), _ROWS):
        distances = _distances(vectors[first : first + _ROWS], vectors)
        rows = torch.arange(len(distances))
        distances[rows, first + rows] = -1  # itself comes first, whatever rounding made of its distance
        found.append(distances.topk(max(ks) + 1, 1, largest=False).values)
    nearest = torch.cat(found)
    return {k: nearest[:, k] for k in ks}


def _within(queries: Tensor, centres: Tensor, reach: Tensor) -> Tensor:
    """Of each query [Q, D], within the reach [C] of how many centres [C, D] it lies: [Q]."""
    return torch.cat([(_distances(rows, centres) <= reach).sum(1) for rows in torch.split(queries, _ROWS)])


def _nearest(queries: Tensor, others: Tensor) -> Tensor:
    """The distance of each query [Q, D] to the nearest of the others [C, D]: [Q]."""
    return torch.cat([_distances(rows, others).amin(1) for rows in torch.split(queries, _ROWS)])


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """All distances [A, B] between vectors [A, D] and [B, D]."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    squares = lengths - 2 * (a @ b.mT)
    # What rounding leaves of equal vectors is none, or a duplicate would lie beyond the reach of its like.
    return torch.where(squares > _ROUNDING * lengths, squares, torch.zeros_like(squares)).sqrt()
