"""How far the textures of a picture are from those of the photo it was made from.

SIFID, the single-image Frechet distance of SinGAN (Shaham, Dekel and Michaeli, ICCV 2019, section 3): every location of
a feature map is one sample, both pictures become a Gaussian over their samples, and the distance is the one of FID. The
numbers depend on the features: compare only numbers that carry the same ``Features.name``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.nn.features import Features, offline_features


def sifid(real: Tensor, fake: Tensor, features: Features | None = None) -> float:
    """The single-image Frechet distance between two pictures; 0 for equal ones, lower is closer, no upper bound.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are not looked at.
        fake: the picture to judge, [1, C, h, w], -1..1; it may have another size.
        features: what maps pictures to feature maps; ``None`` is ``offline_features()``.

    Raises:
        InputError: one of the pictures is not a batch of one in colour, or too small to give two feature locations.
    """
    features = features or offline_features()
    return frechet(*moments(real, features), *moments(fake, features))


def moments(picture: Tensor, features: Features) -> tuple[Tensor, Tensor]:
    """Mean [D] and unbiased covariance [D, D], float64, of the feature vectors of one picture over its locations.

    Args:
        picture: [1, C, H, W], -1..1, C at least 3.
        features: the feature extractor.

    Raises:
        InputError: as for ``sifid``.
    """
    if picture.ndim != 4 or picture.shape[0] != 1 or picture.shape[1] < 3:
        raise InputError(
            f"one colour picture [1, 3, H, W] is needed here, not a tensor of shape {tuple(picture.shape)}"
        )
    with torch.no_grad():
        samples = features(picture[:, :3].float()).flatten(2)[0].double()  # [D, locations]
    if samples.shape[1] < 2:
        height, width = picture.shape[-2:]
        raise InputError(f"a picture of {width}x{height} is too small to compare textures in: use a larger one")
    return samples.mean(1), torch.cov(samples)


def frechet(mu1: Tensor, s1: Tensor, mu2: Tensor, s2: Tensor) -> float:
    """The squared Frechet distance ``|mu1 - mu2|^2 + tr(s1 + s2 - 2 (s1 s2)^(1/2))`` between two Gaussians.

    Args:
        mu1: mean of the first, [D].
        s1: covariance of the first, [D, D], symmetric and not negative.
        mu2: mean of the second, [D].
        s2: covariance of the second, [D, D].

    The usual ``sqrtm(s1 @ s2)`` fails or turns complex where a covariance is singular, as it is when a photo has fewer
    locations than features. With any factors ``s = r r^T`` the trace of that root is the sum of the singular values of
    ``r1^T r2``: always real, and no root is taken of a rounding error.
    """
    mu1, s1, mu2, s2 = (t.double() for t in (mu1, s1, mu2, s2))
    root = torch.linalg.svdvals(_factor(s1).mT @ _factor(s2)).sum()
    distance = (mu1 - mu2).square().sum() + s1.trace() + s2.trace() - 2 * root
    return max(0.0, float(distance))  # rounding leaves about -1e-13 for equal pictures


def _factor(covariance: Tensor) -> Tensor:
    """An ``r`` with ``r r^T = covariance``; eigenvalues that rounding made negative count as zero."""
    values, vectors = torch.linalg.eigh((covariance + covariance.mT) / 2)
    factor: Tensor = vectors * values.clamp_min(0).sqrt()
    return factor
