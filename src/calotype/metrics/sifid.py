"""How far the textures of a picture are from those of the photo it was made from.

SIFID, the single-image Frechet distance of SinGAN (Shaham, Dekel and Michaeli, ICCV 2019, section 3): every location of
a feature map is one sample, both pictures become a Gaussian over their samples, and the distance is the one of FID. The
numbers depend on the features: compare only numbers that carry the same ``Features.name``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.frechet import frechet
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
