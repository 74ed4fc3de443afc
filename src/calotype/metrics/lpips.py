"""Perceptual distance of two images: the formula of LPIPS, with any features.

The published LPIPS (Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018) weights the channels of a network with values
fitted to human judgements. Neither comes with the package; with both files (``vgg16-397923af.pth`` of torchvision, and
``vgg.pth`` of the lpips package, version 0.1) ``published`` computes the published numbers. Without them all channels
have equal weights, which the paper evaluates as well (its section 4) and finds to agree with people nearly as often.
Those distances are on another scale: compare only numbers with the same ``features``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.files import shown
from calotype.metrics.psnr import check_same_size
from calotype.nn.features import LayeredFeatures
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import VGG_BLOCKS, Vgg16, vision_vgg16
from calotype.nn.weight_files import read_weights


@dataclass(frozen=True)
class Perceptual:
    """A perceptual distance and the feature extractor it was computed with.

    Attributes:
        distance: 0 for equal images, lower is closer; at most twice the number of layers for non-negative features.
        features: name of the feature extractor.
    """

    distance: float
    features: str


def lpips(
    real: Tensor,
    fake: Tensor,
    features: LayeredFeatures | None = None,
    weights: Sequence[Tensor] | None = None,
) -> Perceptual:
    """The perceptual distance of two images of one size: LPIPS (eq. 1).

    At every layer the feature vector of each position is normalised to length 1; squared differences are summed over
    the channels, averaged over the positions, and summed over the layers.

    Args:
        real: the reference image, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, of the same size.
        features: the feature extractor; ``None`` is ``offline_features()``.
        weights: channel weights, [D] for each layer; ``None`` is 1 for all.

    Raises:
        InputError: the sizes differ, or the images are too small for the features.
    """
    check_same_size(real, fake)
    features = features or offline_features()
    total = 0.0
    with torch.no_grad():
        both = zip(features.layers(real[:, :3].float()), features.layers(fake[:, :3].float()))
        for number, (a, b) in enumerate(both):
            if not a.numel():
                height, width = real.shape[2:]
                raise InputError(f"pictures of {width}x{height} are too small for {features.name}")
            difference = (_unit(a) - _unit(b)).square()
            if weights is not None:
                difference = difference * weights[number].to(difference)[:, None, None]
            total += float(difference.sum(1).mean())
    return Perceptual(total, features.name)


class Published:
    """LPIPS as published, with VGG-16: ``published(...)(real, fake)``.

    Args:
        net: VGG-16 with torchvision's weights.
        weights: its channel weights, [D] for each of the five layers.
        name: of both.
    """

    def __init__(self, net: Vgg16, weights: Sequence[Tensor], name: str) -> None:
        self.net, self.weights, self.name = net, weights, name

    def __call__(self, real: Tensor, fake: Tensor) -> Perceptual:
        """The distance of two images [1, C, H, W], -1..1; see ``lpips``."""
        return Perceptual(lpips(real, fake, self.net, self.weights).distance, self.name)


def published(vgg: str | Path, heads: str | Path) -> Published:
    """The published LPIPS with VGG-16, version 0.1, from the two public weights files.

    Args:
        vgg: ``vgg16-397923af.pth`` of torchvision.
        heads: ``weights/v0.1/vgg.pth`` of the lpips package.

    Raises:
        InputError: a file cannot be read, or has other content.
    """
    net, _ = vision_vgg16(vgg)
    tensors, digest = read_weights(Path(heads), "vgg.pth of the lpips package")
    widths = [channels for _, channels in VGG_BLOCKS]
    weights = [tensors.get(f"lin{i}.model.1.weight", torch.empty(0)).flatten() for i in range(len(widths))]
    if [len(layer) for layer in weights] != widths:
        raise InputError(f"{shown(heads)} holds no channel weights for VGG-16: give vgg.pth of the lpips package")
    return Published(net, weights, f"lpips 0.1, {net.name}, channels weighed by {digest[:8]}")


def _unit(features: Tensor) -> Tensor:
    """Normalise vectors [1, D, h, w] to length 1 along D; zero vectors are unchanged."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
