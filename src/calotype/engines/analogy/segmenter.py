"""The segmentation network of the semantic alignment loss, trained on the photo and its label map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Dilation rates of the atrous branches.
_RATES = (8, 16)


class Segmenter(nn.Module):
    """S of the paper: atrous spatial pyramid pooling (Chen et al., DeepLab) on the image itself.

    221,315 parameters with 128 channels and 3 outputs, as released.

    Args:
        width: channels.
        outputs: output channels: a score per class, or a colour.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.pointwise = nn.Conv2d(3, width, 1, bias=False)
        self.dilated = nn.ModuleList(nn.Conv2d(3, width, 3, padding=rate, dilation=rate, bias=False) for rate in _RATES)
        self.pooled = nn.Conv2d(3, width, 1, bias=False)
        self.project = nn.Sequential(
            nn.Conv2d(width * (2 + len(_RATES)), width, 1, bias=False), nn.ReLU(), nn.Dropout(0.5)
        )
        self.classifier = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, outputs, 1),
        )

    def forward(self, picture: Tensor) -> Tensor:
        """[B, 3, h, w], -1..1, to [B, outputs, h, w]: class scores, or colours."""
        pooled = self.pooled(picture.mean((2, 3), keepdim=True)).expand(-1, -1, *picture.shape[2:])
        branches = [self.pointwise(picture), *(branch(picture) for branch in self.dilated), pooled]
        result: Tensor = self.classifier(self.project(F.relu(torch.cat(branches, 1))))
        return result
