"""Feature maps of a network's layers relu1_1 to relu5_1, and the way from each to the next."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.dia.config import Config
from calotype.nn.vgg import Vgg16, check_vgg16, check_vgg19, vgg16, vgg19


class Layers:
    """The first layer of every block of VGG-16 or VGG-19.

    Args:
        features: ``vgg16``, ``vgg19`` or ``untrained``.
        device: to compute on.

    Raises:
        InputError: the weights are not there.
    """

    def __init__(self, features: str, device: torch.device) -> None:
        makers = {"vgg16": vgg16, "vgg19": vgg19, "untrained": _untrained}
        self.net: Vgg16 = makers[features]().to(device)

    def of(self, picture: Tensor, count: int) -> list[Tensor]:
        """Feature maps [1, C, h, w] of a picture [1, 3, H, W], -1..1: relu1_1, relu2_1 and so on, ``count`` of them."""
        maps = [F.relu(self._conv(1, 1)(self.net.prepared(picture)))]
        while len(maps) < count:
            maps.append(self.next(maps[-1], len(maps)))
        return maps

    def next(self, x: Tensor, block: int) -> Tensor:
        """From the first layer of ``block`` (1 to 4) to that of the next: [1, C, h, w] to [1, D, h // 2, w // 2]."""
        for number in range(2, self.net.blocks[block - 1][0] + 1):
            x = F.relu(self._conv(block, number)(x))
        return F.relu(self._conv(block + 1, 1)(F.max_pool2d(x, 2)))

    def _conv(self, block: int, number: int) -> nn.Module:
        return self.net.get_submodule(f"conv{block}_{number}")


def _untrained() -> Vgg16:
    net, noise = Vgg16("vgg-16 (untrained)"), torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        if parameter.dim() > 1:
            parameter.data.normal_(0, (2 / parameter[0].numel()) ** 0.5, generator=noise)
        else:
            parameter.data.zero_()
    return net.eval().requires_grad_(False)


def normalised(x: Tensor) -> Tensor:
    """Feature vectors of unit length at every position of [1, C, h, w]; zero vectors stay."""
    return F.normalize(x, dim=1)


def responses(x: Tensor) -> Tensor:
    """Squared length of the feature vectors, relative to the largest: [1, 1, h, w], 0..1."""
    square = x.square().sum(1, keepdim=True)
    return square / square.max().clamp_min(1e-12)


def needs(cfg: Config, verb: str) -> None:
    """Check that the weights of other networks are there that a verb needs, before the work.

    Args:
        cfg: the settings.
        verb: a verb, or ``train``.

    Raises:
        InputError: they are not.
    """
    if cfg.features == "vgg16":
        check_vgg16()
    if cfg.features == "vgg19":
        check_vgg19()
