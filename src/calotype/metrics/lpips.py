"""How alike two pictures look to a network: the arithmetic of LPIPS, with features of one's choice.

The published LPIPS (Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018) weighs the channels of a certain network with
numbers fitted to people's judgements. Those belong to weights that do not come with the package, so here every channel
weighs the same, which the paper tests as well (its section 4) and finds to agree with people nearly as often. The
distances are on another scale than published ones: compare only numbers that carry the same ``features``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.psnr import check_same_size
from calotype.nn.features import LayeredFeatures, offline_features


@dataclass(frozen=True)
class Perceptual:
    """A distance, and what it was seen with.

    Attributes:
        distance: 0 for equal pictures, lower is closer; at most twice the number of layers where features are not
            negative.
        features: name of the features.
    """

    distance: float
    features: str


def lpips(real: Tensor, fake: Tensor, features: LayeredFeatures | None = None) -> Perceptual:
    """The perceptual distance of two pictures of one size: LPIPS (eq. 1) with all channel weights 1.

    At every layer the feature vector of each place is scaled to length 1; the squared differences are summed over the
    channels, averaged over the places, and summed over the layers.

    Args:
        real: the true picture, [1, C, H, W], -1..1; channels after the third (alpha) are not looked at.
        fake: the picture to judge, of the same size.
        features: what maps pictures to feature maps; ``None`` is ``offline_features()``.

    Raises:
        InputError: the sizes differ, or the pictures are too small to give features.
    """
    check_same_size(real, fake)
    features = features or offline_features()
    total = 0.0
    with torch.no_grad():
        both = zip(features.layers(real[:, :3].float()), features.layers(fake[:, :3].float()))
        for a, b in both:
            if not a.numel():
                height, width = real.shape[2:]
                raise InputError(f"pictures of {width}x{height} are too small to be seen by {features.name}")
            total += float((_unit(a) - _unit(b)).square().sum(1).mean())
    return Perceptual(total, features.name)


def _unit(features: Tensor) -> Tensor:
    """Vectors [1, D, h, w] scaled to length 1 along D; those of length 0 stay."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
