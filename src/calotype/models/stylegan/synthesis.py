"""The synthesis network of StyleGAN2: styles and noise maps to pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.models.stylegan.config import Config, widths
from calotype.nn.style_blocks import Layer, ToRGB
from calotype.nn.style_layers import doubled, upsampled, upsampled_picture

# The noise maps: those of the network, new ones, none, or one [N or 1, 1, h, w] for each layer that takes one.
Noise = Literal["const", "random", "none"] | Sequence[Tensor]


class Skip(nn.Module):
    """A 1 x 1 convolution to twice the size: the shortcut of a residual block."""

    def __init__(self, inputs: int, outputs: int, *, filtered: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, 1))
        self.gain, self.filtered = 1 / math.sqrt(inputs), filtered

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] to [N, outputs, 2 H, 2 W]."""
        x = F.conv2d(x, self.weight * self.gain)
        wide: Tensor = upsampled(x) if self.filtered else doubled(x)
        return wide


class Block(nn.Module):
    """The layers of one resolution.

    Args:
        cfg: the settings.
        inputs: channels of the input; 0 for the first block, which starts from a learned constant.
        outputs: channels of the output.
        side: of the output, pixels.
    """

    def __init__(self, cfg: Config, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.residual, self.filtered = cfg.architecture == "resnet", cfg.resample == "filtered"
        if inputs:
            self.conv0 = Layer(inputs, outputs, cfg.style, side, up=True, clamp=cfg.clamp, filtered=self.filtered)
            if self.residual:
                self.skip = Skip(inputs, outputs, filtered=self.filtered)
        else:
            self.const = nn.Parameter(torch.randn(outputs, side, side))
        self.conv1 = Layer(outputs, outputs, cfg.style, side, up=False, clamp=cfg.clamp, filtered=self.filtered)
        self.first, self.convs = not inputs, 2 if inputs else 1
        if cfg.architecture == "skip" or side == cfg.resolution:
            self.torgb = ToRGB(outputs, cfg.channels, cfg.style, cfg.clamp)

    def forward(
        self, x: Tensor | None, picture: Tensor | None, w: Tensor, noise: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor | None]:
        """Activations and the picture so far, styles [N, 2 or 3, style] and noise maps, to those of this resolution."""
        if x is None:
            x = self.conv1(self.const[None].expand(w.shape[0], -1, -1, -1), w[:, 0], noise[0])
        elif self.residual:
            half = math.sqrt(0.5)
            x = self.skip(x) * half + self.conv1(self.conv0(x, w[:, 0], noise[0]), w[:, 1], noise[1], half)
        else:
            x = self.conv1(self.conv0(x, w[:, 0], noise[0]), w[:, 1], noise[1])
        if picture is not None:
            picture = upsampled_picture(picture) if self.filtered else doubled(picture)
        if hasattr(self, "torgb"):
            colours = self.torgb(x, w[:, self.convs])
            picture = colours if picture is None else picture + colours
        return x, picture


class Synthesis(nn.Module):
    """All resolutions, from 4 pixels to the picture's.

    Attributes:
        sides: the resolutions.
        rows: number of style vectors of a picture.
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        channels = widths(cfg, cfg.base)
        self.sides = list(channels)
        before = 0
        for side, count in channels.items():
            self.add_module(f"b{side}", Block(cfg, before, count, side))
            before = count
        self.rows = 2 * len(self.sides)

    def blocks(self) -> list[Block]:
        """The blocks, coarsest first."""
        return [self.get_submodule(f"b{side}") for side in self.sides]  # type: ignore[misc]

    @property
    def noise_sides(self) -> list[int]:
        """The sides of the noise maps, pixels."""
        return [side for side, block in zip(self.sides, self.blocks()) for _ in range(block.convs)]

    def noise_maps(self) -> list[Tensor]:
        """The noise maps that are part of the network: [1, 1, h, w] each."""
        layers = [layer for b in self.blocks() for layer in ([b.conv1] if b.first else [b.conv0, b.conv1])]
        return [layer.noise_const[None, None] for layer in layers]

    def forward(self, ws: Tensor, noise: Noise = "const", *, until: int | None = None) -> Tensor:
        """Styles to pictures.

        Args:
            ws: [N, rows, style].
            noise: see ``Noise``.
            until: side at which to stop, pixels: with architecture ``skip``, the picture of that resolution.

        Returns:
            [N, channels, side, side], float32, about -1..1.
        """
        maps = iter(self._maps(noise, ws.shape[0], ws.device))
        x: Tensor | None = None
        picture: Tensor | None = None
        row = 0
        for side, block in zip(self.sides, self.blocks()):
            x, picture = block(x, picture, ws[:, row : row + block.convs + 1], [next(maps) for _ in range(block.convs)])
            row += block.convs
            if side == until and picture is not None:
                break
        assert picture is not None
        return picture

    def _maps(self, noise: Noise, count: int, device: torch.device) -> Sequence[Tensor | None]:
        if not isinstance(noise, str):
            return noise
        if noise == "const":
            return self.noise_maps()
        if noise == "none":
            return [None] * len(self.noise_sides)
        return [torch.randn(count, 1, side, side, device=device) for side in self.noise_sides]
