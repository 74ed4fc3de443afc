"""FID: the Frechet distance between Gaussians fitted to the feature vectors of two sets of images.

The numbers depend on the embedding, on how images were resized and saved, and on their number: for small sets the
distance is biased upwards, by about a constant over the number of images. Compare only numbers with the same embedding
and the same counts, and report them beside the FD between two halves of the real set (``self_distance``).
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.nn.embedding import Vectors, check_comparable


def fid(real: Vectors, fake: Vectors) -> float:
    """The Frechet distance of two sets (Heusel et al., GANs trained by a two time-scale update rule, NIPS 2017, eq. 6).

    At least 0, lower is better, no upper bound. With the vectors of the Inception network of 2015 it is FID; with
    others it is the same formula on another scale.

    Args:
        real: vectors [N, D] of the real images.
        fake: vectors [M, D] of the generated images.

    Raises:
        InputError: they are of different embeddings, or there are fewer than two of either.
    """
    check_comparable(real, fake)
    return frechet_of(real.values, fake.values)


def self_distance(real: Vectors, seed: int = 0) -> float:
    """The FD between two random halves of the real set: the value for equal distributions at half the count.

    At the full count equal distributions have about half of it, since the bias is inversely proportional to the count.

    Raises:
        InputError: there are fewer than four vectors.
    """
    if len(real) < 4:
        raise InputError(f"too few pictures ({len(real)}) to compare one half with the other: give 4 or more")
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))
    half = len(real) // 2
    return frechet_of(real.values[order[:half]], real.values[order[half : 2 * half]])


def frechet_of(real: Tensor, fake: Tensor) -> float:
    """The squared Frechet distance between Gaussians fitted to two sets of vectors, [N, D] and [M, D].

    Covariances are unbiased. With fewer vectors than dimensions, no covariance is formed: the trace of the matrix
    square root is the sum of the singular values of ``A B^T`` over ``sqrt((N - 1) (M - 1))``, with A and B the centred
    vectors.

    Raises:
        InputError: there are fewer than two of either.
    """
    if min(len(real), len(fake)) < 2:
        raise InputError("a covariance needs at least two pictures: give more")
    a, b = real.double(), fake.double()
    if min(len(a), len(b)) >= a.shape[1]:
        return frechet(a.mean(0), torch.cov(a.mT), b.mean(0), torch.cov(b.mT))
    ca, cb = (x - x.mean(0) for x in (a, b))
    na, nb = len(a) - 1, len(b) - 1
    root = torch.linalg.svdvals(ca @ cb.mT).sum() / (na * nb) ** 0.5
    distance = (a.mean(0) - b.mean(0)).square().sum() + ca.square().sum() / na + cb.square().sum() / nb - 2 * root
    return max(0.0, float(distance))


def frechet(mu1: Tensor, s1: Tensor, mu2: Tensor, s2: Tensor) -> float:
    """The squared Frechet distance ``|mu1 - mu2|^2 + tr(s1 + s2 - 2 (s1 s2)^(1/2))`` between two Gaussians.

    Args:
        mu1: mean of the first, [D].
        s1: covariance of the first, [D, D], symmetric positive semidefinite.
        mu2: mean of the second, [D].
        s2: covariance of the second, [D, D].

    The usual ``sqrtm(s1 @ s2)`` fails or becomes complex for singular covariances, as of a photo with fewer positions
    than features. With any factors ``s = r r^T`` the trace of the square root is the sum of the singular values of
    ``r1^T r2``: always real, and rounding errors have no square root taken.
    """
    mu1, s1, mu2, s2 = (t.double() for t in (mu1, s1, mu2, s2))
    root = torch.linalg.svdvals(_factor(s1).mT @ _factor(s2)).sum()
    distance = (mu1 - mu2).square().sum() + s1.trace() + s2.trace() - 2 * root
    return max(0.0, float(distance))  # about -1e-13 for equal images, by rounding


class Moments:
    """Running mean and covariance of vectors, added batch by batch, for sets of any size.

    Args:
        dimensions: length of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self.count = 0
        self.mean = torch.zeros(dimensions, dtype=torch.float64)
        self._scatter = torch.zeros(dimensions, dimensions, dtype=torch.float64)

    def add(self, vectors: Tensor) -> None:
        """Add vectors [N, D]; they are not stored."""
        new = vectors.detach().to("cpu", torch.float64)
        if not len(new):
            return
        # Merging of centred sums (Chan, Golub and LeVeque, 1979), without cancellation.
        mean = new.mean(0)
        centred, shift = new - mean, mean - self.mean
        total = self.count + len(new)
        self._scatter += centred.mT @ centred + torch.outer(shift, shift) * (self.count * len(new) / total)
        self.mean = self.mean + shift * (len(new) / total)
        self.count = total

    @property
    def covariance(self) -> Tensor:
        """Unbiased covariance, float64 [D, D].

        Raises:
            InputError: there are fewer than two vectors.
        """
        if self.count < 2:
            raise InputError("a covariance needs at least two pictures: give more")
        return self._scatter / (self.count - 1)

    def distance(self, other: Moments) -> float:
        """The squared Frechet distance to the moments of another set."""
        return frechet(self.mean, self.covariance, other.mean, other.covariance)


def _factor(covariance: Tensor) -> Tensor:
    """An ``r`` with ``r r^T = covariance``; eigenvalues that are negative by rounding are set to zero."""
    values, vectors = torch.linalg.eigh((covariance + covariance.mT) / 2)
    factor: Tensor = vectors * values.clamp_min(0).sqrt()
    return factor
