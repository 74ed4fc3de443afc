"""The decoder: residual blocks whose groups fall from one a class to one for all."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.smis.config import Config
from calotype.models.smis.normalization import CGNorm, ClassNorm
from calotype.models.smis.plan import base_grid, plan
from calotype.nn.patchgan import initialise
from calotype.semantic.blocks import Block
from calotype.semantic.labels import LabelMaps, label_channels
from calotype.semantic.normalization import SLOPE


class Decoder(nn.Module):
    """Pictures from label maps and codes of the classes.

    Zhu, Xu, You, Bai, "Semantically Multi-modal Image Synthesis", CVPR 2020, fig. 3.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training; without, weights are those that a
            trained network has after folding.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        stem, stages = plan(cfg)
        self.grid, self.doublings = base_grid(cfg), cfg.doublings
        self.classes = label_channels(cfg)
        self.fc = nn.Conv2d(cfg.code * self.classes, stem, 3, padding=1, groups=self.classes)
        self.blocks = nn.ModuleDict()
        for stage in stages:

            def modulation(channels: int, groups: int = stage.groups) -> nn.Module:
                return ClassNorm(channels, cfg) if cfg.modulation == "class" else CGNorm(channels, groups, cfg)

            self.blocks[stage.name] = Block(
                stage.inputs, stage.outputs, cfg, modulation, up=stage.up, groups=stage.groups, spectral=spectral
            )
        self.conv_img = nn.Conv2d(stages[-1].outputs, 3, 3, padding=1)
        initialise(self)
        for module in self.modules():
            if isinstance(module, CGNorm):
                module.initialise()

    def forward(self, maps: LabelMaps, codes: Tensor) -> Tensor:
        """[B, 3, H, W], float32, -1..1.

        Args:
            maps: label maps of a size that is a multiple of 2 to the power of ``doublings``.
            codes: [B, classes x code, h, w].
        """
        x = self.stem(maps, codes)
        for block in self.blocks.values():
            x = block(x, maps)
        return self.coloured(x)

    def stem(self, maps: LabelMaps, codes: Tensor) -> Tensor:
        """The first activations, at the base grid of the maps."""
        return self.fc(self.spread(maps, codes))  # type: ignore[no-any-return]

    def spread(self, maps: LabelMaps, codes: Tensor) -> Tensor:
        """Codes at the base grid of the maps: vectors repeated, grids of another size resized."""
        grid = (maps.size[0] >> self.doublings, maps.size[1] >> self.doublings)
        if codes.shape[2:] == (1, 1):
            codes = codes.expand(-1, -1, *grid)
        elif codes.shape[2:] != grid:
            codes = F.interpolate(codes, size=grid, mode="bilinear", align_corners=False)
        return codes.contiguous(memory_format=torch.channels_last)

    def coloured(self, x: Tensor) -> Tensor:
        """The picture of the last activations."""
        return torch.tanh(self.conv_img(F.leaky_relu(x, SLOPE)).float())
