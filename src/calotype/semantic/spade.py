"""Spatially-adaptive normalisation (SPADE)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from calotype.semantic.config import SpadeConfig
from calotype.semantic.labels import LabelConv, Where, label_channels
from calotype.semantic.normalization import modulated


class Spade(nn.Module):
    """Scale and shift of normalised activations, pixel by pixel, as functions of the label map.

    Park, Liu, Wang, Zhu, "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019, eq. 1, with
    ``1 + gamma`` as the scale: gamma and beta are two convolutions of 3 x 3 of a hidden layer, here one convolution
    with twice the channels. The 1 is part of the bias.

    Args:
        channels: of the activations.
        cfg: the settings.
    """

    def __init__(self, channels: int, cfg: SpadeConfig) -> None:
        super().__init__()
        self.shared = LabelConv(label_channels(cfg), cfg.hidden, edges=cfg.instances)
        self.affine = nn.Conv2d(cfg.hidden, 2 * channels, 3, padding=1)

    def forward(self, normal: Tensor, where: Where, slope: float = 1.0) -> Tensor:
        """Scale and shift, then a leaky ReLU of that slope; 1 for none.

        Args:
            normal: normalised activations [B, C, h, w].
            where: the label maps at that size.
            slope: of the leaky ReLU, above 0.
        """
        return modulated(normal, self.affine(self.shared(where)), slope)

    @torch.no_grad()
    def initialise(self) -> None:
        """Scale 1 and shift 0, apart from what small weights make of them."""
        self.affine.bias.view(2, -1)[0] = 1  # type: ignore[union-attr]
        self.affine.bias.view(2, -1)[1] = 0  # type: ignore[union-attr]
