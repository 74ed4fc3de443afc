"""Conditional group normalisation (CG-Norm)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.smis.config import Config
from calotype.models.smis.plan import hidden_channels
from calotype.semantic.class_scale import ClassScale
from calotype.semantic.labels import LabelConv, Where, label_channels


class Affine(NamedTuple):
    """Scale and shift of every pixel, [B, C, h, w] each."""

    scale: Tensor
    shift: Tensor

    def of(self, normal: Tensor, slope: float = 1.0) -> Tensor:
        """Scale and shift normalised activations, then a leaky ReLU of that slope; 1 for none."""
        y = torch.addcmul(self.shift, normal.to(self.scale.dtype), self.scale)
        return y if slope == 1 else F.leaky_relu(y, slope)


class CGNorm(nn.Module):
    """Scale and shift of normalised activations by the label map, with grouped convolutions.

    Zhu, Xu, You, Bai, "Semantically Multi-modal Image Synthesis", CVPR 2020, sec. 3.3, as in the published code, with
    ``1 + gamma`` as the scale; the 1 is part of the bias.

    Args:
        channels: of the activations.
        groups: of the block.
        cfg: the settings.
    """

    def __init__(self, channels: int, groups: int, cfg: Config) -> None:
        super().__init__()
        hidden, first, second = hidden_channels(cfg, groups)
        self.shared = LabelConv(label_channels(cfg), hidden, edges=cfg.instances, groups=first)
        self.gamma = nn.Conv2d(hidden, channels, 3, padding=1, groups=second)
        self.beta = nn.Conv2d(hidden, channels, 3, padding=1, groups=second)

    def forward(self, normal: Tensor, where: Where, slope: float = 1.0) -> Tensor:
        """Scale and shift [B, C, h, w], then a leaky ReLU of that slope; 1 for none."""
        return self.affine(where).of(normal, slope)

    def affine(self, where: Where) -> Affine:
        """Scale and shift for label maps at the size of the activations."""
        hidden = self.shared(where)
        return Affine(self.gamma(hidden), self.beta(hidden))

    @torch.no_grad()
    def initialise(self) -> None:
        """Scale 1 and shift 0, apart from what small weights make of them."""
        nn.init.ones_(self.gamma.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.beta.bias)  # type: ignore[arg-type]


class ClassNorm(ClassScale):
    """Scale and shift by the class of a pixel alone; arguments as ``ClassScale``."""

    def affine(self, where: Where) -> Affine:
        """Scale and shift for label maps at the size of the activations."""
        scale, shift = self.looked_up(where).chunk(2, 1)
        return Affine(scale, shift)
