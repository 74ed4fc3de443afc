"""SIFID: Frechet distance between the local feature statistics of a result and the photo.

The single-image Frechet distance of SinGAN (Shaham, Dekel and Michaeli, ICCV 2019, section 3): every position of a
feature map is one sample, a Gaussian is fitted to the samples of each image, and the distance is that of FID. The
numbers depend on the features: compare only numbers with the same ``Features.name``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.frechet import frechet
from calotype.nn.features import Features
from calotype.nn.filter_bank import offline_features


def sifid(real: Tensor, fake: Tensor, features: Features | None = None) -> float:
    """The single-image Frechet distance between two images; 0 for equal ones, lower is better, no upper bound.

    Args:
        real: the photo, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, [1, C, h, w], -1..1; may have another size.
        features: the feature extractor; ``None`` is ``offline_features()``.

    Raises:
        InputError: one of the images is not a single colour image, or too small for two feature positions.
    """
    features = features or offline_features()
    return frechet(*moments(real, features), *moments(fake, features))


def moments(picture: Tensor, features: Features) -> tuple[Tensor, Tensor]:
    """Mean [D] and unbiased covariance [D, D], float64, of the feature vectors of one image over its positions.

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
