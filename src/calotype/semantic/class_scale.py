"""Class-adaptive normalisation (CLADE): scale and shift by the class of a pixel alone."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import Where, label_channels, numbers_at
from calotype.semantic.normalization import modulated


class ClassScale(nn.Module):
    """Scale and shift of normalised activations: those of the class of each pixel, which are looked up.

    Tan et al., "Efficient Semantic Image Synthesis via Class-Adaptive Normalization", PAMI 2021, eq. 4, without the
    positional encoding. It takes the place of SPADE's convolutions of the label map at almost no cost.

    Args:
        channels: of the activations.
        cfg: the settings.
    """

    def __init__(self, channels: int, cfg: LayoutConfig) -> None:
        super().__init__()
        # The last row is of pixels that no channel of the label map is for.
        self.classes, self.edges = label_channels(cfg), cfg.instances
        self.table = nn.Parameter(torch.cat([torch.ones(channels), torch.zeros(channels)]).repeat(self.classes + 1, 1))

    def forward(self, normal: Tensor, where: Where, slope: float = 1.0) -> Tensor:
        """Scale and shift [B, C, h, w], then a leaky ReLU of that slope; 1 for none."""
        return modulated(normal, self.looked_up(where), slope)

    def looked_up(self, where: Where) -> Tensor:
        """Scale and shift of every pixel, [B, 2 C, h, w], the scales first; channels last in memory."""
        if isinstance(where, Tensor):
            planes = where[:, : self.classes]
            planes = torch.cat([planes, 1 - planes.sum(1, keepdim=True)], 1)
            return F.conv2d(planes, self.table.T[:, :, None, None])
        table: Tensor = self.table
        device = table.device.type
        if torch.is_autocast_enabled(device):
            table = table.to(torch.get_autocast_dtype(device))
        found = F.embedding(numbers_at(where, self.classes + 1, edges=self.edges), table)
        return found.view(*where.shape, -1).permute(0, 3, 1, 2)
