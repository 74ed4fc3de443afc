"""Features of the patch coherence loss: pixels, or the first layers of VGG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.errors import InputError
from calotype.nn.vgg import Vgg16, vgg16


@dataclass(frozen=True)
class Level:
    """A feature extractor and the patches compared in its output.

    Attributes:
        extract: [B, 3, h, w], -1..1, to the compared feature maps.
        patch: side of the patches, in feature map pixels.
        queries: number of patches sampled from an image.
    """

    extract: Callable[[Tensor], Tensor]
    patch: int
    queries: int


def levels_of(cfg: Config, device: torch.device) -> list[Level]:
    """As released: two thirds of the patches are 3 x 3 of relu1_1, one third single positions of relu2_1.

    With pixels: patches of 3 and of 5 pixels.

    Raises:
        InputError: the weights of VGG are not available, but were requested.
    """
    few = max(1, cfg.queries // 3)
    if not cfg.coherence:
        return []
    net = _vgg(cfg.features)
    if net is None:
        return [Level(lambda x: x, 3, max(1, cfg.queries - few)), Level(lambda x: x, 5, few)]
    known = net.to(device)
    return [
        Level(lambda x: relu1_1(known, x, cfg.released), 3, max(1, cfg.queries - few)),
        Level(lambda x: relu2_1(known, x, cfg.released), 1, few),
    ]


def resolved_features(features: str) -> str:
    """Resolve ``auto`` to ``vgg`` if the weights of VGG are available, else to ``pixels``."""
    if features != "auto":
        return features
    try:
        vgg16()
    except InputError:
        return "pixels"
    return "vgg"


def _vgg(features: str) -> Vgg16 | None:
    return vgg16() if resolved_features(features) == "vgg" else None


def relu1_1(net: Vgg16, pictures: Tensor, released: bool = False) -> Tensor:
    """relu1_1: [B, 3, h, w], -1..1, to [B, 64, h, w], scaled to the range of pixels.

    The weights expect 0..255; the scaling makes one loss weight fit both kinds of features. The released code takes
    -1..1 for standardised values: to the network, its pictures have less than half of their contrast, around the mean.
    """
    if released:
        x = pictures.flip(1) * pictures.new_tensor(_DEVIATION).view(1, 3, 1, 1)
    else:
        x = (pictures.flip(1) + 1) * 127.5 - net.mean
    return F.relu(net.get_submodule("conv1_1")(x)) / _SCALE


def relu2_1(net: Vgg16, pictures: Tensor, released: bool = False) -> Tensor:
    """relu2_1: [B, 3, h, w], -1..1, to [B, 128, h / 2, w / 2], scaled likewise."""
    x = F.relu(net.get_submodule("conv1_2")(relu1_1(net, pictures, released) * _SCALE))
    return F.relu(net.get_submodule("conv2_1")(F.max_pool2d(x, 2))) / _SCALE


_SCALE = 127.5
_DEVIATION = (57.4, 57.1, 58.4)  # standard deviations of blue, green and red in ImageNet, of 255
