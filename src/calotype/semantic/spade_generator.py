"""The SPADE generator: residual blocks with spatially-adaptive normalisation."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.patchgan import initialise
from calotype.semantic.blocks import Block
from calotype.semantic.class_scale import ClassScale
from calotype.semantic.config import SpadeConfig
from calotype.semantic.labels import LabelConv, Layouts, label_channels
from calotype.semantic.normalization import SLOPE
from calotype.semantic.spade import Spade

_PUBLISHED = 5  # doublings of the published network


class Stage(NamedTuple):
    """A residual block of the generator.

    Attributes:
        name: as in the published code.
        inputs: channels.
        outputs: channels.
        up: whether the input is doubled in size first.
    """

    name: str
    inputs: int
    outputs: int
    up: bool


def plan(cfg: SpadeConfig) -> list[Stage]:
    """The residual blocks, in their order.

    With five doublings as published: one block at the base grid, two at twice its size, and four that halve the
    channels after a doubling. With more, the second middle block doubles as well, and then a fifth halves the channels;
    with fewer, all blocks up to the middle stay at the base grid, and the first of the four are left out.
    """

    def channels(share: float) -> int:
        return max(1, min(cfg.max_width, round(cfg.width * share)))

    shares = [16.0, 8.0, 4.0, 2.0, 1.0]
    if cfg.doublings < _PUBLISHED:
        shares = shares[-min(5, cfg.doublings + 1) :]
    if cfg.doublings > _PUBLISHED + 1:
        shares.append(0.5)
    first = channels(shares[0])
    middle_ups = (cfg.doublings >= _PUBLISHED, cfg.doublings > _PUBLISHED)
    stages = [Stage("head_0", first, first, False)]
    stages += [Stage(f"G_middle_{i}", first, first, up) for i, up in enumerate(middle_ups)]
    stages += [Stage(f"up_{i}", channels(a), channels(b), True) for i, (a, b) in enumerate(pairwise(shares))]
    return stages


def base_grid(cfg: SpadeConfig) -> tuple[int, int]:
    """Height and width of the first activations for pictures of ``cfg.size``."""
    return cfg.size[0] >> cfg.doublings, cfg.size[1] >> cfg.doublings


class SpadeGenerator(nn.Module):
    """Pictures from label maps and style codes.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training; without, weights are those that a
            trained network has after folding.
    """

    def __init__(self, cfg: SpadeConfig, *, spectral: bool = False) -> None:
        super().__init__()
        stages = plan(cfg)
        self.grid, self.channels, self.doublings = base_grid(cfg), stages[0].inputs, cfg.doublings
        if cfg.latent:
            self.fc: nn.Module = nn.Linear(cfg.latent, self.channels * self.grid[0] * self.grid[1])
        else:
            self.fc = LabelConv(label_channels(cfg), self.channels, edges=cfg.instances, rectified=False)

        def modulation(channels: int) -> nn.Module:
            return ClassScale(channels, cfg) if cfg.modulation == "class" else Spade(channels, cfg)

        self.blocks = nn.ModuleDict(
            {s.name: Block(s.inputs, s.outputs, cfg, modulation, up=s.up, spectral=spectral) for s in stages}
        )
        self.conv_img = nn.Conv2d(stages[-1].outputs, 3, 3, padding=1)
        initialise(self)
        for module in self.modules():
            if isinstance(module, Spade):
                module.initialise()

    def forward(self, maps: Layouts, code: Tensor | None) -> Tensor:
        """[B, 3, H, W], float32, -1..1.

        Args:
            maps: label maps of a size that is a multiple of 2 to the power of ``doublings``.
            code: style codes [B, latent]; ``None`` for a network without.
        """
        x = self.first(maps, code)
        for block in self.blocks.values():
            x = block(x, maps)
        return torch.tanh(self.conv_img(F.leaky_relu(x, SLOPE)).float())

    def first(self, maps: Layouts, code: Tensor | None) -> Tensor:
        """What the first block takes: [B, channels, h, w], see ``base_grid``."""
        grid = (maps.size[0] >> self.doublings, maps.size[1] >> self.doublings)
        if code is None:
            x: Tensor = self.fc(maps.at(grid))
            return x
        x = self.fc(code).view(code.shape[0], self.channels, *self.grid)
        x = x.contiguous(memory_format=torch.channels_last)
        # Of other sizes than in training: the same code over another grid.
        return x if grid == self.grid else F.interpolate(x, size=grid, mode="bilinear", align_corners=False)
