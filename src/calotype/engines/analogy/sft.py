"""Semantic feature translation: scale and shift of image features from the features of two label maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.engines.analogy.layers import Residual, conv

# Safe division of features: minimum of the divisor, and maximum of the ratio.
_MIN_DIVISOR, _MAX_RATIO = 1e-3, 10.0
# The released code instead adds this to both sides of the division.
_RELEASED_EPSILON = 1e-14


class Translation(nn.Module):
    """One level of SFT: [B, C, h, w] features of the source map and of the target map to a scale and a shift.

    The scale is predicted from the ratio of the features, target over source, the shift from their difference, by a
    small network each. Values are per pixel and channel.

    Args:
        channels: C.
        ratio: ``safe`` or ``raw``; raw ratios are unbounded where the source's features cross zero.
        anchored: subtract the networks' outputs for equal maps (ratio 1, difference 0), so that scale and shift are
            then exactly 1 and 0.
        spectral: use spectral normalisation.
    """

    def __init__(self, channels: int, ratio: str, anchored: bool, spectral: bool) -> None:
        super().__init__()
        self.ratio, self.anchored = ratio, anchored
        self.scale = _predictor(channels, spectral)
        self.shift = _predictor(channels, spectral)

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift, [B, C, h, w] each."""
        ratio = (
            safe_ratio(target, source)
            if self.ratio == "safe"
            else (target + _RELEASED_EPSILON) / (source + _RELEASED_EPSILON)
        )
        difference = target - source
        if not self.anchored:
            return self.scale(ratio), self.shift(difference)
        identity = torch.ones_like(ratio[:1])
        return 1 + self.scale(ratio) - self.scale(identity), self.shift(difference) - self.shift(identity - identity)


def safe_ratio(target: Tensor, source: Tensor) -> Tensor:
    """``target / source``, bounded: the divisor keeps its sign and is at least 0.001, the ratio within -10..10.

    The offset that lifts the divisor is also added to the target, so that the ratio of equal features is 1, even of
    zeros.
    """
    minimum = torch.where(source < 0, -_MIN_DIVISOR, _MIN_DIVISOR)
    offset = torch.where(source.abs() < _MIN_DIVISOR, minimum - source, torch.zeros_like(source)).detach()
    return ((target + offset) / (source + offset)).clamp(-_MAX_RATIO, _MAX_RATIO)


def modulated(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Instance-normalise ``features`` [B, C, h, w] to mean 0 and variance 1, then scale and shift them."""
    variance, mean = torch.var_mean(features, (2, 3), keepdim=True)
    return scale * (features - mean) / (variance + 1e-5).sqrt() + shift


def _predictor(channels: int, spectral: bool) -> nn.Sequential:
    return nn.Sequential(
        Residual(channels, "", spectral),
        conv(channels, channels // 2, 1, spectral),
        nn.ReLU(),
        conv(channels // 2, channels, 1, spectral),
    )
