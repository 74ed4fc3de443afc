"""The generator and the encoder of BicycleGAN.

Zhu et al., "Toward Multimodal Image-to-Image Translation", NIPS 2017: a U-Net that gets the latent code at every level
of its first half, and a residual encoder that gives mean and logarithm of the variance of the code of a picture.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.instance import instance_norm
from calotype.nn.patchgan import initialise
from calotype.translation.config import TranslationConfig

_SLOPE = 0.2
M = TypeVar("M", bound=nn.Module)


class UNet(nn.Module):
    """The generator: a picture of a condition and a code.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: TranslationConfig) -> None:
        super().__init__()
        widths, code = cfg.widths, cfg.code
        before = [cfg.condition_channels, *widths[:-1]]
        self.down = nn.ModuleList(nn.Conv2d(a + code, b, 4, 2, 1) for a, b in zip(before, widths))
        after = [3, *widths[:-1]]
        twice = [2] * (len(widths) - 1) + [1]  # all levels but the deepest also get what the first half made
        self.up = nn.ModuleList(nn.ConvTranspose2d(n * a, b, 4, 2, 1) for n, a, b in zip(twice, widths, after))
        initialise(self)

    def forward(self, condition: Tensor, code: Tensor) -> Tensor:
        """Pictures [B, 3, H, W], -1..1, of conditions [B, C, H, W] and codes [B, code]; H and W are multiples."""
        found: list[Tensor] = []
        x, last = condition, len(self.down) - 1
        for level, conv in enumerate(self.down):
            x = conv(torch.cat([x, code[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])], 1))
            x = instance_norm(x, _SLOPE) if 0 < level < last else F.leaky_relu(x, _SLOPE)
            found.append(x)
        for level in range(last, -1, -1):
            skip = [] if level == last else [found[level]]
            x = self.up[level](F.relu(torch.cat([x, *skip], 1)))
            x = instance_norm(x) if level else torch.tanh(x)
        return x


class Block(nn.Module):
    """A residual block before whose convolutions there are normalisation and activation; halves the size."""

    def __init__(self, inputs: int, outputs: int, *, norm: bool) -> None:
        super().__init__()
        self.norm = norm
        self.first = nn.Conv2d(inputs, inputs, 3, 1, 1)
        self.second = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, outputs, ceil(H / 2), ceil(W / 2)] of [B, inputs, H, W]."""
        y = self.second(self._activated(self.first(self._activated(x))))
        short: Tensor = self.shortcut(F.avg_pool2d(x, 2, ceil_mode=True))
        return F.avg_pool2d(y, 2, ceil_mode=True) + short

    def _activated(self, x: Tensor) -> Tensor:
        return instance_norm(x, _SLOPE) if self.norm else F.leaky_relu(x, _SLOPE)


class Encoder(nn.Module):
    """Mean and logarithm of the variance of the code of a picture.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: TranslationConfig) -> None:
        super().__init__()
        widths = cfg.encoder_widths
        self.first = nn.Conv2d(3, widths[0], 4, 2, 1)
        norm = cfg.encoder_norm == "instance"
        self.blocks = nn.ModuleList(Block(a, b, norm=norm) for a, b in pairwise(widths))
        self.mean = nn.Linear(widths[-1], cfg.code)
        self.log_variance = nn.Linear(widths[-1], cfg.code)
        initialise(self, 1.0)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """[B, code] each, of [B, 3, H, W], -1..1, of any size."""
        x = self.first(pictures)
        for block in self.blocks:
            x = block(x)
        x = F.leaky_relu(x, _SLOPE).mean((2, 3))
        mean, log_variance = self.mean(x), self.log_variance(x)
        return mean, log_variance


def in_memory(net: M) -> M:
    """A net whose tensors lie in memory with the channels last, which is quick on processors."""
    result: M = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return result


def planes(labels: Tensor, classes: int, size: tuple[int, int]) -> Tensor:
    """Labels [B] as conditions: one-hot planes [B, classes, height, width], -1 or 1."""
    one_hot = F.one_hot(labels, classes).float() * 2 - 1
    return one_hot[:, :, None, None].expand(-1, -1, *size)


def code_of(seed: int, count: int) -> Tensor:
    """The code of a seed from a standard normal distribution: [1, count], on the CPU."""
    return torch.randn(1, count, generator=torch.Generator().manual_seed(seed))
