"""A small classifier that learns the classes of a data set: five convolutional levels, pooled features, classes."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES = 5
_GROWTH = 8  # channels of the coarsest level at most, relative to the finest


def widths(width: int) -> list[int]:
    """Channels of each convolutional level, finest first."""
    return [width * min(_GROWTH, 1 << number) for number in range(STAGES)]


class SetClassifier(nn.Module):
    """Five stages of two convolutions, as in VGG (Simonyan and Zisserman, ICLR 2015), with batch normalisation and a
    skip connection around the second; then the mean over all places and a linear layer.

    Args:
        width: channels of the finest level.
        classes: number of classes.
        pooled: whether a max-pooling by 2 comes before the first stage's features, as in VGG; without it the finest
            features have the size of the picture.

    Attributes:
        accuracy: share of held-out pictures whose class it tells right, 0..1.
    """

    accuracy: Tensor

    def __init__(self, width: int, classes: int, *, pooled: bool) -> None:
        super().__init__()
        self.pooled = pooled
        channels = (3, *widths(width))
        self.enter = nn.ModuleList(_convolution(a, b) for a, b in pairwise(channels))
        self.stay = nn.ModuleList(_convolution(b, b) for b in channels[1:])
        self.classes = nn.Linear(channels[-1], classes)
        self.register_buffer("accuracy", torch.zeros(()))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W], -1..1, to five maps, finest first, then pooled features and logits, [B, C] each.

        Maps have the sides H, H / 2 ... H / 16, or half of these with ``pooled``.
        """
        x, found = pictures, []
        for number, (enter, stay) in enumerate(zip(self.enter, self.stay)):
            if number and not self.pooled:
                x = F.max_pool2d(x, 2)
            x = F.relu(enter(x))
            x = F.relu(x + stay(x))
            if self.pooled:
                x = F.max_pool2d(x, 2)
            found.append(x)
        vector = x.mean((2, 3))
        return [*found, vector, self.classes(vector)]


def _convolution(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after))
