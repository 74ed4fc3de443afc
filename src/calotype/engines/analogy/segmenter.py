"""The segmentation network: it learns to find the photo's label map in the photo, and judges layouts in training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# How far apart the pixels are that the wide branches look at.
_RATES = (8, 16)


class Segmenter(nn.Module):
    """S of the paper: atrous spatial pyramid pooling (Chen et al., DeepLab) on the picture itself.

    221,315 parameters with 128 channels and 3 outputs, as released.

    Args:
        width: channels.
        outputs: channels of what it finds: a score a class, or a colour.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(3, width, 1, bias=False)
        self.wide = nn.ModuleList(nn.Conv2d(3, width, 3, padding=rate, dilation=rate, bias=False) for rate in _RATES)
        self.whole = nn.Conv2d(3, width, 1, bias=False)
        self.join = nn.Sequential(
            nn.Conv2d(width * (2 + len(_RATES)), width, 1, bias=False), nn.ReLU(), nn.Dropout(0.5)
        )
        self.last = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, outputs, 1),
        )

    def forward(self, picture: Tensor) -> Tensor:
        """[B, 3, h, w], -1..1, to [B, outputs, h, w]: scores, the largest that of the likeliest class, or colours."""
        overall = self.whole(picture.mean((2, 3), keepdim=True)).expand(-1, -1, *picture.shape[2:])
        branches = [self.near(picture), *(branch(picture) for branch in self.wide), overall]
        found: Tensor = self.last(self.join(F.relu(torch.cat(branches, 1))))
        return found
