"""The critic: two maps of scores from a small feature pyramid, conditional on the label map where wanted."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.engines.analogy.layers import SLOPE, conv


class Judgement(NamedTuple):
    """What the critic says of a picture.

    Attributes:
        scores: [B, 1, h / 4, w / 4] and [B, 1, h / 8, w / 8], high for real pictures.
        features: those that feature matching compares, of the same two sizes.
    """

    scores: tuple[Tensor, Tensor]
    features: tuple[Tensor, Tensor]


class Critic(nn.Module):
    """A discriminator after FPSE (Liu et al., Learning to Predict Layout-to-image Conditional Convolutions, 2019).

    1,058,625 parameters with 64 channels and no condition, as released.

    Args:
        width: channels after the first layer.
        map_channels: channels of the label maps it is shown; 0 for none.
    """

    def __init__(self, width: int, map_channels: int) -> None:
        super().__init__()
        self.first = _layer(3, width, 2)
        self.fine = _layer(width, 2 * width, 2)
        self.coarse = _layer(2 * width, 4 * width, 2)
        self.across_fine = conv(2 * width, 4 * width, 1, True, bias=False)
        self.across_coarse = conv(4 * width, 4 * width, 1, True, bias=False)
        self.last_fine = _layer(4 * width, 2 * width, 1)
        self.last_coarse = _layer(4 * width, 2 * width, 1)
        self.score = conv(2 * width, 1, 1, True)
        # The condition: what a pixel's class stands for, compared with what is there, as FPSE has it.
        self.meaning = conv(map_channels, 2 * width, 1, True) if map_channels else None
        self.sight = conv(2 * width, 2 * width, 1, True) if map_channels else None

    def forward(self, picture: Tensor, labels: Tensor) -> Judgement:
        """Judge [B, 3, h, w]; ``labels`` [B, K, h, w] are not looked at without a condition."""
        fine = self.fine(self.first(picture))
        coarse = self.coarse(fine)
        top = self.across_coarse(coarse)
        above = F.interpolate(top, size=fine.shape[2:], mode="bilinear", align_corners=True)
        found = self.last_fine(above + self.across_fine(fine)), self.last_coarse(top)
        return Judgement((self._scored(found[0], labels), self._scored(found[1], labels)), (fine, coarse))

    def _scored(self, features: Tensor, labels: Tensor) -> Tensor:
        scores: Tensor = self.score(features)
        if self.meaning is None or self.sight is None:
            return scores
        shown = self.meaning(F.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3])))
        # A mean, where FPSE has a sum: as large as the plain score, whatever the width.
        met: Tensor = (shown * self.sight(features)).mean(1, keepdim=True)
        return scores + met


def _layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        conv(inputs, outputs, 3, True, stride=stride, padding=1, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.LeakyReLU(SLOPE),
    )
