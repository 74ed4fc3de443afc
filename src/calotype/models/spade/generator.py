"""The SPADE generator: residual blocks with spatially-adaptive normalisation."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.spade.config import Config
from calotype.models.spade.normalization import Spade
from calotype.nn.patchgan import initialise
from calotype.nn.spectral import spectral_norm
from calotype.semantic.labels import LabelConv, LabelMaps, label_channels
from calotype.semantic.normalization import SLOPE, FreeNorm

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


def plan(cfg: Config) -> list[Stage]:
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


def base_grid(cfg: Config) -> tuple[int, int]:
    """Height and width of the first activations for pictures of ``cfg.size``."""
    return cfg.size[0] >> cfg.doublings, cfg.size[1] >> cfg.doublings


class Block(nn.Module):
    """A residual block (Park et al., CVPR 2019, fig. 4).

    The normalisation of the first layer and that of the shortcut are one, as their input is the same, and come before
    the doubling of the size, which changes neither mean nor variance.

    Args:
        stage: channels, and whether the input is doubled in size.
        cfg: the settings.
        spectral: whether the convolutions have spectral normalisation.
    """

    def __init__(self, stage: Stage, cfg: Config, *, spectral: bool) -> None:
        super().__init__()
        wrap = spectral_norm if spectral else nn.Identity()
        between = min(stage.inputs, stage.outputs)
        self.up = stage.up
        self.norm_0, self.spade_0 = FreeNorm(stage.inputs, cfg), Spade(stage.inputs, cfg)
        self.conv_0 = wrap(_conv(stage.inputs, between))
        self.norm_1, self.spade_1 = FreeNorm(between, cfg), Spade(between, cfg)
        self.conv_1 = wrap(_conv(between, stage.outputs))
        self.spade_s, self.conv_s = None, None
        if stage.inputs != stage.outputs:
            self.spade_s = Spade(stage.inputs, cfg)
            self.conv_s = wrap(_conv(stage.inputs, stage.outputs, 1, bias=False))

    def forward(self, x: Tensor, maps: LabelMaps) -> Tensor:
        """[B, inputs, h, w] to [B, outputs, h, w], or to twice the size where the block doubles it."""
        normal = self._grown(self.norm_0(x))
        where = maps.at((normal.shape[2], normal.shape[3]))
        y = self.conv_0(self.spade_0(normal, where, SLOPE))
        y = self.conv_1(self.spade_1(self.norm_1(y), where, SLOPE))
        if self.spade_s is None or self.conv_s is None:
            short = self._grown(x)
        else:
            short = self.conv_s(self.spade_s(normal, where))
        result: Tensor = y.add_(short)
        return result

    def _grown(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode="nearest") if self.up else x


class SpadeGenerator(nn.Module):
    """Pictures from label maps and style codes.

    Args:
        cfg: the settings.
        spectral: whether convolutions have spectral normalisation, as in training; without, weights are those that a
            trained network has after folding.
    """

    def __init__(self, cfg: Config, *, spectral: bool = False) -> None:
        super().__init__()
        stages = plan(cfg)
        self.grid, self.channels, self.doublings = base_grid(cfg), stages[0].inputs, cfg.doublings
        if cfg.latent:
            self.fc: nn.Module = nn.Linear(cfg.latent, self.channels * self.grid[0] * self.grid[1])
        else:
            self.fc = LabelConv(label_channels(cfg), self.channels, edges=cfg.instances, rectified=False)
        self.blocks = nn.ModuleDict({stage.name: Block(stage, cfg, spectral=spectral) for stage in stages})
        self.conv_img = nn.Conv2d(stages[-1].outputs, 3, 3, padding=1)
        initialise(self)
        for module in self.modules():
            if isinstance(module, Spade):
                module.initialise()

    def forward(self, maps: LabelMaps, code: Tensor | None) -> Tensor:
        """[B, 3, H, W], float32, -1..1.

        Args:
            maps: label maps of a size that is a multiple of 2 to the power of ``doublings``.
            code: style codes [B, latent]; ``None`` for a network without.
        """
        x = self._first(maps, code)
        for block in self.blocks.values():
            x = block(x, maps)
        return torch.tanh(self.conv_img(F.leaky_relu(x, SLOPE)).float())

    def _first(self, maps: LabelMaps, code: Tensor | None) -> Tensor:
        grid = (maps.size[0] >> self.doublings, maps.size[1] >> self.doublings)
        if code is None:
            x: Tensor = self.fc(maps.at(grid))
            return x
        x = self.fc(code).view(len(code), self.channels, *self.grid)
        x = x.contiguous(memory_format=torch.channels_last)
        # Of other sizes than in training: the same code over another grid.
        return x if grid == self.grid else F.interpolate(x, size=grid, mode="bilinear", align_corners=False)


def _conv(inputs: int, outputs: int, kernel: int = 3, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)
