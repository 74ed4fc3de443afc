"""The discriminator: two score maps from a small feature pyramid, optionally conditioned on the label map."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.analogy.layers import LEAKY_SLOPE, conv


class DiscriminatorOutput(NamedTuple):
    """Scores and features of an image.

    Attributes:
        scores: [B, 1, h / 4, w / 4] and [B, 1, h / 8, w / 8], high for real images.
        features: the features of the feature matching loss, of the same two sizes.
    """

    scores: tuple[Tensor, Tensor]
    features: tuple[Tensor, Tensor]


class Discriminator(nn.Module):
    """A discriminator after FPSE (Liu et al., Learning to Predict Layout-to-image Conditional Convolutions, 2019).

    1,058,625 parameters with 64 channels and no condition, as released.

    Args:
        width: channels after the first layer.
        map_channels: channels of the label maps it is conditioned on; 0 for none.
        released: normalise and activate the lateral layers, and leave spectral normalisation out of the score, as in
            the released code and in FPSE.
    """

    def __init__(self, width: int, map_channels: int, *, released: bool = False) -> None:
        super().__init__()
        self.first = _layer(3, width, 2)
        self.fine = _layer(width, 2 * width, 2)
        self.coarse = _layer(2 * width, 4 * width, 2)
        self.across_fine = _lateral(2 * width, 4 * width, released)
        self.across_coarse = _lateral(4 * width, 4 * width, released)
        self.last_fine = _layer(4 * width, 2 * width, 1)
        self.last_coarse = _layer(4 * width, 2 * width, 1)
        self.score = conv(2 * width, 1, 1, not released)
        # The condition as in FPSE: the label embedding of a pixel times its projected features.
        self.label_embedding = conv(map_channels, 2 * width, 1, True) if map_channels else None
        self.feature_projection = conv(2 * width, 2 * width, 1, True) if map_channels else None

    def forward(self, picture: Tensor, labels: Tensor) -> DiscriminatorOutput:
        """Scores and features of [B, 3, h, w]; ``labels`` [B, K, h, w] are ignored without a condition."""
        fine = self.fine(self.first(picture))
        coarse = self.coarse(fine)
        top = self.across_coarse(coarse)
        upsampled = F.interpolate(top, size=fine.shape[2:], mode="bilinear", align_corners=True)
        outputs = self.last_fine(upsampled + self.across_fine(fine)), self.last_coarse(top)
        return DiscriminatorOutput((self._scores(outputs[0], labels), self._scores(outputs[1], labels)), (fine, coarse))

    def _scores(self, features: Tensor, labels: Tensor) -> Tensor:
        scores: Tensor = self.score(features)
        if self.label_embedding is None or self.feature_projection is None:
            return scores
        embedded = self.label_embedding(F.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3])))
        # A mean instead of FPSE's sum, so that its magnitude does not depend on the width.
        matched: Tensor = (embedded * self.feature_projection(features)).mean(1, keepdim=True)
        return scores + matched


def _lateral(inputs: int, outputs: int, released: bool) -> nn.Module:
    lateral = conv(inputs, outputs, 1, True, bias=False)
    return nn.Sequential(lateral, nn.InstanceNorm2d(outputs), nn.LeakyReLU(LEAKY_SLOPE)) if released else lateral


def _layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        conv(inputs, outputs, 3, True, stride=stride, padding=1, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.LeakyReLU(LEAKY_SLOPE),
    )
