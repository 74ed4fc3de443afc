"""KID: the kernel distance between two sets of images, which does not assume a Gaussian.

Unlike the Frechet distance it is unbiased, so it is preferable for small sets.
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
        deviation: population standard deviation over the subsets; 0 for a single subset.
        subset: vectors per subset.
    """

    mean: float
    deviation: float
    subset: int


def kid(real: Vectors, fake: Vectors, *, subset: int = 1000, subsets: int = _SUBSETS, seed: int = 0) -> Kernel:
    """The kernel distance: an unbiased estimate of the squared maximum mean discrepancy.

    Binkowski, Sutherland, Arbel and Gretton, Demystifying MMD GANs, ICLR 2018, section 4: with the kernel ``(x . y / D
    + 1)^3``, mean and standard deviation over random subsets. Around 0 for equal distributions, where it may be
    slightly negative; higher is worse.

    Args:
        real: vectors [N, D] of the real images.
        fake: vectors [M, D] of the generated images.
        subset: vectors per subset; limited to the smaller of N and M.
        subsets: number of subsets; one if a subset contains all of both sets.
        seed: of the subsets.

    Raises:
        InputError: they are of different embeddings, or there are fewer than two of either.
    """
    check_comparable(real, fake)
    size = min(subset, len(real), len(fake))
    if size < 2:
        raise InputError("a kernel distance needs at least two pictures of each kind: give more")
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
    """The unbiased squared maximum mean discrepancy of [n, D] and [m, D] with the cubic kernel of KID (eq. 4)."""
    x, y = x.double(), y.double()
    n, m = len(x), len(y)
    kxx, kyy, kxy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    within = (kxx.sum() - kxx.trace()) / (n * (n - 1)) + (kyy.sum() - kyy.trace()) / (m * (m - 1))
    return float(within - 2 * kxy.mean())


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.mT / x.shape[1] + 1) ** 3
