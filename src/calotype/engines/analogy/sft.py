"""Semantic feature translation: from the features of two label maps, how the features of a picture are to change."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.engines.analogy.layers import Residual, conv

# Where features are divided: the least that is divided by, and the largest quotient.
_LEAST, _MOST = 1e-3, 10.0
# What the released code adds to both sides of the division instead.
_RELEASED = 1e-14


class Translation(nn.Module):
    """One level of SFT: [B, C, h, w] features of the source map and of the target map to a scale and a shift.

    The scale comes from the quotient of the features, target over source, the shift from their difference, each by a
    small network of its own. Values are per pixel and channel.

    Args:
        channels: C.
        ratio: ``safe`` or ``raw``; raw quotients are without bound where the source's features cross zero.
        anchored: subtract what the networks give for equal maps (quotient 1, difference 0), so that scale and shift are
            then 1 and 0 exactly.
        spectral: normalise the weights.
    """

    def __init__(self, channels: int, ratio: str, anchored: bool, spectral: bool) -> None:
        super().__init__()
        self.ratio, self.anchored = ratio, anchored
        self.scale = _translator(channels, spectral)
        self.shift = _translator(channels, spectral)

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift, [B, C, h, w] each."""
        quotient = divided(target, source) if self.ratio == "safe" else (target + _RELEASED) / (source + _RELEASED)
        difference = target - source
        if not self.anchored:
            return self.scale(quotient), self.shift(difference)
        still = torch.ones_like(quotient[:1])
        return 1 + self.scale(quotient) - self.scale(still), self.shift(difference) - self.shift(still - still)


def divided(target: Tensor, source: Tensor) -> Tensor:
    """``target / source``, finite: the divisor keeps its sign and is at least 0.001, the quotient within 10 of 0.

    What is added to lift the divisor is added to the target too, so that the quotient of equal features is 1, even of
    zeros.
    """
    floor = torch.where(source < 0, -_LEAST, _LEAST)
    lift = torch.where(source.abs() < _LEAST, floor - source, torch.zeros_like(source)).detach()
    return ((target + lift) / (source + lift)).clamp(-_MOST, _MOST)


def modulated(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Every channel of ``features`` [B, C, h, w] brought to mean 0 and variance 1 over the picture, scaled, shifted."""
    variance, mean = torch.var_mean(features, (2, 3), keepdim=True)
    return scale * (features - mean) / (variance + 1e-5).sqrt() + shift


def _translator(channels: int, spectral: bool) -> nn.Sequential:
    return nn.Sequential(
        Residual(channels, "", spectral),
        conv(channels, channels // 2, 1, spectral),
        nn.ReLU(),
        conv(channels // 2, channels, 1, spectral),
    )
