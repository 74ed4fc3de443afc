"""What patch coherence compares: pixels, or the first layers of VGG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.analogy.config import Config
from calotype.errors import InputError
from calotype.nn.features import Vgg16, vgg16


@dataclass(frozen=True)
class Level:
    """One kind of patch.

    Attributes:
        maps: [B, 3, h, w], -1..1, to the feature maps that are compared.
        patch: side of the patches, in their pixels.
        queries: how many patches of a picture are looked at.
    """

    maps: Callable[[Tensor], Tensor]
    patch: int
    queries: int


def levels_of(cfg: Config, device: torch.device) -> list[Level]:
    """As released: two thirds of the patches are 3 x 3 of the first layer, one third single places of the third.

    In pixels: patches of 3 and of 5.

    Raises:
        InputError: there are no weights of VGG, and they were asked for.
    """
    few = max(1, cfg.queries // 3)
    if not cfg.coherence:
        return []
    net = _vgg(cfg.features)
    if net is None:
        return [Level(lambda x: x, 3, max(1, cfg.queries - few)), Level(lambda x: x, 5, few)]
    known = net.to(device)
    return [
        Level(lambda x: first(known, x), 3, max(1, cfg.queries - few)),
        Level(lambda x: third(known, x), 1, few),
    ]


def settled(features: str) -> str:
    """``auto`` as what it is here: ``vgg`` where there are weights of VGG, else ``pixels``; others as they are."""
    if features != "auto":
        return features
    try:
        vgg16()
    except InputError:
        return "pixels"
    return "vgg"


def _vgg(features: str) -> Vgg16 | None:
    return vgg16() if settled(features) == "vgg" else None


def first(net: Vgg16, pictures: Tensor) -> Tensor:
    """relu1_1: [B, 3, h, w], -1..1, to [B, 64, h, w], of the size of the values of a picture.

    The weights expect 0..255; the factor brings them to the scale of pixels, so that the loss has one weight for both.
    """
    x = (pictures.flip(1) + 1) * 127.5 - net.mean
    return F.relu(net.get_submodule("conv1_1")(x)) / _SCALE


def third(net: Vgg16, pictures: Tensor) -> Tensor:
    """relu2_1: [B, 3, h, w] to [B, 128, h / 2, w / 2], likewise."""
    x = F.relu(net.get_submodule("conv1_2")(first(net, pictures) * _SCALE))
    return F.relu(net.get_submodule("conv2_1")(F.max_pool2d(x, 2))) / _SCALE


_SCALE = 127.5
