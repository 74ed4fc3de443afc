"""How far one set of pictures is from another, without assuming a Gaussian: the kernel distance (KID).

Unlike the Frechet distance its mean does not depend on how many pictures there are, so it is the one to use for few.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.nn.embedding import Vectors, check_comparable

_SUBSETS = 100


@dataclass(frozen=True)
class Kernel:
    """A kernel distance.

    Attributes:
        mean: over the subsets.
        deviation: standard deviation over the subsets, of a population; 0 where there is one subset only.
        subset: vectors in each.
    """

    mean: float
    deviation: float
    subset: int


def kid(real: Vectors, fake: Vectors, *, subset: int = 1000, subsets: int = _SUBSETS, seed: int = 0) -> Kernel:
    """The kernel distance: an unbiased estimate of the squared maximum mean discrepancy.

    Binkowski, Sutherland, Arbel and Gretton, Demystifying MMD GANs, ICLR 2018, section 4: the kernel is
    ``(x . y / D + 1)^3``, and the mean over random subsets is reported, with the standard deviation over them. Around 0
    for equal distributions, where it may be slightly negative; higher is farther.

    Args:
        real: vectors [N, D] of the real pictures.
        fake: vectors [M, D] of those to judge.
        subset: vectors a subset; at most N and M, else as many as there are of the fewer.
        subsets: how many. Where one subset takes all of both sets, there is only that one.
        seed: of the drawing.

    Raises:
        InputError: they are of different embeddings, or there are fewer than two of either.
    """
    check_comparable(real, fake)
    size = min(subset, len(real), len(fake))
    if size < 2:
        raise InputError("a kernel distance needs two pictures of each kind at least: give more")
    if size == len(real) == len(fake):
        return Kernel(mmd(real.values, fake.values), 0.0, size)
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(subsets):
        x = real.values[torch.randperm(len(real), generator=generator)[:size]]
        y = fake.values[torch.randperm(len(fake), generator=generator)[:size]]
        found.append(mmd(x, y))
    values = torch.tensor(found, dtype=torch.float64)
    return Kernel(float(values.mean()), float(values.std(correction=0)), size)


def mmd(x: Tensor, y: Tensor) -> float:
    """The unbiased squared maximum mean discrepancy of [n, D] and [n, D] with the cubic kernel of KID (eq. 4)."""
    x, y = x.double(), y.double()
    n, m = len(x), len(y)
    kxx, kyy, kxy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within = (kxx.sum() - kxx.trace()) / (n * (n - 1)) + (kyy.sum() - kyy.trace()) / (m * (m - 1))
    return float(within - 2 * kxy.mean())


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.mT / x.shape[1] + 1) ** 3
