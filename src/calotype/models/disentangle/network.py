"""Encoders of pose and appearance, and the decoder."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.losses.gaussian import Gaussian, parameters_of
from calotype.models.disentangle.config import Config
from calotype.reposing.informative import Informative

_START = 4  # pixels


class Residual(nn.Module):
    """x plus a convolution of 3 x 3 pixels of its positive part."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same."""
        y: Tensor = self.conv(F.relu(x))
        return x + y


class Encoder(nn.Module):
    """A picture to a code: convolutions that halve the size, each with a residual block, without normalisation.

    Args:
        cfg: the settings.
        outputs: length of the code.
    """

    def __init__(self, cfg: Config, outputs: int) -> None:
        super().__init__()
        widths = [cfg.width, *cfg.widths]
        layers: list[nn.Module] = [nn.Conv2d(3, cfg.width, 3, padding=1), Residual(cfg.width)]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), Residual(after)]
        layers += [Residual(widths[-1]) for _ in range(cfg.blocks)]
        self.layers = nn.Sequential(*layers)
        self.flat = cfg.head == "flat"
        self.head = nn.Linear(widths[-1] * (_START**2 if self.flat else 1), outputs)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, side, side], -1..1, to [B, outputs]."""
        x = F.relu(self.layers(pictures))
        code: Tensor = self.head(x.flatten(1) if self.flat else x.mean((2, 3)))
        return code


class Decoder(nn.Module):
    """Both codes to a picture.

    Each code is spread over 4 x 4 positions and goes through blocks of its own; then both are joined. Sizes are doubled
    by moving channels to positions.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = [cfg.width, *cfg.widths][::-1]
        self.width = widths[0]
        self.spread = nn.ModuleList(nn.Linear(n, self.width * _START**2) for n in (cfg.pose, cfg.identity))
        self.own = nn.ModuleList(nn.Sequential(*(Residual(self.width) for _ in range(cfg.blocks))) for _ in range(2))
        layers: list[nn.Module] = [nn.Conv2d(2 * self.width, self.width, 3, padding=1)]
        for before, after in pairwise(widths):
            up = nn.Conv2d(before, 4 * after, 3, padding=1)
            layers += [Residual(before), up, nn.PixelShuffle(2), Residual(after)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, pose: Tensor, identity: Tensor) -> Tensor:
        """Codes [B, pose] and [B, identity] to pictures [B, 3, side, side], about -1..1."""
        parts = []
        for code, spread, own in zip((pose, identity), self.spread, self.own):
            grid = spread(code).view(len(code), self.width, _START, _START)
            parts.append(own(grid.contiguous(memory_format=torch.channels_last)))
        pictures: Tensor = self.last(self.layers(torch.cat(parts, 1)))
        return pictures


class Net(nn.Module):
    """A trained model.

    Attributes:
        pose: encoder of the distribution of the pose code.
        identity: encoder of the appearance code.
        decoder: draws pictures.
        informative: drops what of the means of pose codes is mostly noise.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.informative = Informative(cfg.pose)
        self.pose = Encoder(cfg, parameters_of(cfg.pose, cfg.covariance))
        self.identity = Encoder(cfg, cfg.identity)
        self.decoder = Decoder(cfg)

    def poses(self, pictures: Tensor) -> Gaussian:
        """The distributions of the pose codes of pictures [B, 3, side, side], -1..1."""
        return Gaussian.of(self.pose(pictures).float(), self.cfg.pose, self.cfg.covariance)

    def pose_codes(self, pictures: Tensor) -> Tensor:
        """Means of these distributions, [B, pose], without the directions that are mostly noise."""
        codes: Tensor = self.informative(self.poses(pictures).mean)
        return codes

    def identity_codes(self, pictures: Tensor) -> Tensor:
        """Appearance codes [B, identity] of pictures [B, 3, side, side], -1..1."""
        code: Tensor = self.identity(pictures)
        return code.float()

    def drawn(self, pose: Tensor, identity: Tensor) -> Tensor:
        """Pictures [B, 3, side, side], about -1..1, of codes [B, pose] and [B, identity]."""
        pictures: Tensor = self.decoder(pose, identity)
        return pictures.float()


@torch.no_grad()
def initialise(module: nn.Module) -> None:
    """Weights and biases uniform within 1 / sqrt(inputs), as published."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            reach = 1 / math.sqrt(layer.weight[0].numel())
            layer.weight.uniform_(-reach, reach)
            if layer.bias is not None:
                layer.bias.uniform_(-reach, reach)


def build(cfg: Config) -> Net:
    """A new model, with weights drawn from torch's global generator; channels last in memory."""
    net = Net(cfg)
    initialise(net)
    result: Net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return result
