"""The networks B and M: boxes and masks from layout embeddings; and A: appearance vectors from crops."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.graph import perceptron

_SLOPE = 0.2
_KERNEL, _STRIDE = 4, 2


class MaskNetwork(nn.Module):
    """M: a mask from a layout embedding and noise, by doublings of the size from one pixel.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        doublings = round(math.log2(cfg.mask_side))
        widths = [cfg.embedding + cfg.mask_noise, *[cfg.mask_width] * doublings]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.last = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, embeddings: Tensor, noise: Tensor) -> Tensor:
        """[N, embedding] and [N, mask_noise] to masks [N, 1, m, m], 0..1."""
        x = torch.cat([embeddings, noise], 1)[:, :, None, None]
        for conv, norm in zip(self.convs, self.norms):
            x = F.relu(norm(conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))))
        return torch.sigmoid(self.last(x).float())


class AppearanceNetwork(nn.Module):
    """A: an appearance vector from the crop of an object.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        widths = [3, cfg.look_width, 2 * cfg.look_width, 4 * cfg.look_width]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, _KERNEL, _STRIDE) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(width) if cfg.look_norm == "batch" else nn.Identity() for width in widths[1:-1]
        )
        self.linear = nn.Linear(widths[-1], 3 * cfg.look_width)
        self.represent = perceptron(3 * cfg.look_width, cfg.look_width, cfg.looks, last=cfg.look_head == "relu")

    def forward(self, crops: Tensor) -> Tensor:
        """Crops [N, 3, crop, crop], -1..1, to vectors [N, looks]; with a ReLU, at least 0."""
        x = self.convs[0](crops)
        for norm, conv in zip(self.norms, list(self.convs)[1:]):
            x = conv(F.leaky_relu(norm(x), _SLOPE))
        result: Tensor = self.represent(self.linear(x.mean((2, 3)).float()))
        return result


def box_network(cfg: Config) -> nn.Sequential:
    """B: boxes [N, 4] from layout embeddings [N, embedding]."""
    return perceptron(cfg.embedding, cfg.graph_hidden, 4, last=cfg.box_head == "relu")
