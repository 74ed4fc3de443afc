"""The residual block of SPADE and its successors."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm
from calotype.semantic.config import LayoutConfig
from calotype.semantic.labels import Layouts
from calotype.semantic.normalization import SLOPE, FreeNorm


class Block(nn.Module):
    """A residual block (Park et al., CVPR 2019, fig. 4).

    The normalisation of the first layer and that of the shortcut are one, as their input is the same, and come before
    the doubling of the size, which changes neither mean nor variance.

    Args:
        inputs: channels.
        outputs: channels.
        cfg: the settings.
        modulation: makes the scale and shift of so many channels by the label map.
        up: whether the input is doubled in size first.
        groups: of the convolutions; divides all numbers of channels.
        spectral: whether the convolutions have spectral normalisation.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        cfg: LayoutConfig,
        modulation: Callable[[int], nn.Module],
        *,
        up: bool,
        groups: int = 1,
        spectral: bool,
    ) -> None:
        super().__init__()
        wrap = spectral_norm if spectral else nn.Identity()
        between = min(inputs, outputs)
        self.up, self.groups = up, groups
        self.norm_0, self.spade_0 = FreeNorm(inputs, cfg), modulation(inputs)
        self.conv_0 = wrap(_conv(inputs, between, groups))
        self.norm_1, self.spade_1 = FreeNorm(between, cfg), modulation(between)
        self.conv_1 = wrap(_conv(between, outputs, groups))
        self.spade_s, self.conv_s = None, None
        if inputs != outputs:
            self.spade_s = modulation(inputs)
            self.conv_s = wrap(_conv(inputs, outputs, groups, 1, bias=False))

    def forward(self, x: Tensor, maps: Layouts) -> Tensor:
        """[B, inputs, h, w] to [B, outputs, h, w], or to twice the size where the block doubles it."""
        normal = self.grown(self.norm_0(x))
        where = maps.at((normal.shape[2], normal.shape[3]))
        y = self.conv_0(self.spade_0(normal, where, SLOPE))
        y = self.conv_1(self.spade_1(self.norm_1(y), where, SLOPE))
        if self.spade_s is None or self.conv_s is None:
            short = self.grown(x)
        else:
            short = self.conv_s(self.spade_s(normal, where))
        result: Tensor = y.add_(short)
        return result

    def grown(self, x: Tensor) -> Tensor:
        """Twice the size where the block doubles it."""
        return F.interpolate(x, scale_factor=2.0, mode="nearest") if self.up else x


def _conv(inputs: int, outputs: int, groups: int, kernel: int = 3, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias, groups=groups)
