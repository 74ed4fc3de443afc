"""How alike two pictures look to a network: the arithmetic of LPIPS, with features of one's choice.

The published LPIPS (Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018) weighs the channels of a certain network with
numbers fitted to people's judgements. Neither comes with the package; who has both files (``vgg16-397923af.pth`` of
torchvision, and ``vgg.pth`` of the lpips package, version 0.1) gets the published numbers by ``published``. Without
them every channel weighs the same, which the paper tests as well (its section 4) and finds to agree with people nearly
as often. Those distances are on another scale: compare only numbers that carry the same ``features``.
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
from calotype.nn.features import VGG_BLOCKS, LayeredFeatures, Vgg16, offline_features, read_weights, vision_vgg16


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


def lpips(
    real: Tensor,
    fake: Tensor,
    features: LayeredFeatures | None = None,
    weights: Sequence[Tensor] | None = None,
) -> Perceptual:
    """The perceptual distance of two pictures of one size: LPIPS (eq. 1).

    At every layer the feature vector of each place is scaled to length 1; the squared differences are summed over the
    channels, averaged over the places, and summed over the layers.

    Args:
        real: the true picture, [1, C, H, W], -1..1; channels after the third (alpha) are not looked at.
        fake: the picture to judge, of the same size.
        features: what maps pictures to feature maps; ``None`` is ``offline_features()``.
        weights: of the channels, [D] for each layer; ``None`` makes all of them 1.

    Raises:
        InputError: the sizes differ, or the pictures are too small to give features.
    """
    check_same_size(real, fake)
    features = features or offline_features()
    total = 0.0
    with torch.no_grad():
        both = zip(features.layers(real[:, :3].float()), features.layers(fake[:, :3].float()))
        for number, (a, b) in enumerate(both):
            if not a.numel():
                height, width = real.shape[2:]
                raise InputError(f"pictures of {width}x{height} are too small to be seen by {features.name}")
            apart = (_unit(a) - _unit(b)).square()
            if weights is not None:
                apart = apart * weights[number].to(apart)[:, None, None]
            total += float(apart.sum(1).mean())
    return Perceptual(total, features.name)


class Published:
    """LPIPS as published, with VGG-16: ``published(...)(real, fake)``.

    Args:
        net: VGG-16 with torchvision's weights.
        weights: of its channels, [D] for each of the five layers.
        name: of both.
    """

    def __init__(self, net: Vgg16, weights: Sequence[Tensor], name: str) -> None:
        self.net, self.weights, self.name = net, weights, name

    def __call__(self, real: Tensor, fake: Tensor) -> Perceptual:
        """The distance of two pictures [1, C, H, W], -1..1; see ``lpips``."""
        return Perceptual(lpips(real, fake, self.net, self.weights).distance, self.name)


def published(vgg: str | Path, heads: str | Path) -> Published:
    """The published LPIPS with VGG-16, version 0.1, by the two public files of its weights.

    Args:
        vgg: ``vgg16-397923af.pth`` of torchvision.
        heads: ``weights/v0.1/vgg.pth`` of the lpips package.

    Raises:
        InputError: a file cannot be read, or holds something else.
    """
    net, _ = vision_vgg16(vgg)
    found, digest = read_weights(Path(heads), "vgg.pth of the lpips package")
    widths = [channels for _, channels in VGG_BLOCKS]
    weights = [found.get(f"lin{i}.model.1.weight", torch.empty(0)).flatten() for i in range(len(widths))]
    if [len(layer) for layer in weights] != widths:
        raise InputError(f"{shown(heads)} holds no channel weights for VGG-16: give vgg.pth of the lpips package")
    return Published(net, weights, f"lpips 0.1, {net.name}, channels weighed by {digest[:8]}")


def _unit(features: Tensor) -> Tensor:
    """Vectors [1, D, h, w] scaled to length 1 along D; those of length 0 stay."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
