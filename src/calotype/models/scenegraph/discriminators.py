"""Discriminators of masks and of objects; that of pictures is ``calotype.nn.patchgan``."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.layout import channels
from calotype.nn.instance import instance_norm
from calotype.nn.patchgan import MultiScaleDiscriminator

_SLOPE = 0.2


class MaskDiscriminator(nn.Module):
    """Scores patches of masks beside the classes of their objects; returns the activations of all layers.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        width = cfg.mask_discriminator_width
        self.classes = cfg.classes + 1
        self.first = nn.Conv2d(1, width, 3, 2, 1)
        self.second = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.third = nn.Conv2d(2 * width + self.classes, 4 * width, 3, 1, 1)
        self.score = nn.Conv2d(4 * width, 1, 3, 1, 1)

    def forward(self, masks: Tensor, classes: Tensor) -> list[Tensor]:
        """Masks [N, 1, m, m] and classes int64 [N] to three activations and the scores [N, 1, h, w]."""
        x = F.leaky_relu(self.first(masks), _SLOPE)
        y = instance_norm(self.second(x), _SLOPE)
        planes = F.one_hot(classes, self.classes).to(y)[:, :, None, None].expand(-1, -1, *y.shape[2:])
        z = instance_norm(self.third(torch.cat([y, planes], 1)), _SLOPE)
        return [x, y, z, self.score(z)]


class ObjectDiscriminator(nn.Module):
    """Says of crops whether they are real, and of which class.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        width = cfg.object_discriminator_width
        widths = [3, width, 2 * width, 4 * width]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 4, 2) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])
        self.linear = nn.Linear(widths[-1], 16 * width)
        self.real = nn.Linear(16 * width, 1)
        self.classes = nn.Linear(16 * width, cfg.classes + 1)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Crops [N, 3, s, s], -1..1, to scores [N] and logits of the classes [N, classes + 1]."""
        for conv, norm in zip(self.convs, self.norms):
            crops = F.leaky_relu(norm(conv(crops)), _SLOPE)
        x = self.linear(crops.mean((2, 3)).float())
        return self.real(x)[:, 0], self.classes(x)


class Discriminators(nn.Module):
    """The three of them.

    Args:
        cfg: the settings.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.pictures = MultiScaleDiscriminator(
            3, channels(cfg), width=cfg.discriminator_width, layers=cfg.discriminator_layers, spectral=False
        )
        self.masks = MaskDiscriminator(cfg)
        self.objects = ObjectDiscriminator(cfg)
