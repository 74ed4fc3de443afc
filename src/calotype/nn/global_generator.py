"""The global generator of pix2pixHD: halvings, residual blocks, doublings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.instance import instance_norm


class GlobalGenerator(nn.Module):
    """Convolutions that halve the size, residual blocks, and transposed convolutions that double it.

    Wang, Liu, Zhu, Tao, Kautz, Catanzaro, "High-Resolution Image Synthesis and Semantic Manipulation with Conditional
    GANs", CVPR 2018, with instance normalisation without scale and shift.

    Args:
        inputs: channels of the input.
        width: channels of the first layer, doubled at each halving.
        max_width: upper limit of the channels.
        halvings: how many times the size is halved.
        blocks: residual blocks.
        wrap: applied to all convolutions but the last, such as spectral normalisation.
    """

    def __init__(
        self,
        inputs: int,
        *,
        width: int,
        max_width: int,
        halvings: int,
        blocks: int,
        wrap: Callable[[nn.Module], nn.Module] = lambda layer: layer,
    ) -> None:
        super().__init__()
        widths = [min(max_width, width << i) for i in range(halvings + 1)]
        self.first = wrap(nn.Conv2d(inputs, widths[0], 7, bias=False))
        self.down = nn.ModuleList(wrap(nn.Conv2d(a, b, 3, 2, 1, bias=False)) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(
            nn.ModuleList(wrap(nn.Conv2d(widths[-1], widths[-1], 3, bias=False)) for _ in range(2))
            for _ in range(blocks)
        )
        self.up = nn.ModuleList(
            wrap(nn.ConvTranspose2d(b, a, 3, 2, 1, output_padding=1, bias=False)) for b, a in pairwise(reversed(widths))
        )
        self.last = nn.Conv2d(widths[0], 3, 7)

    def pictures(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to pictures [B, 3, H, W], float32, -1..1; sides are multiples of 2 to ``halvings``."""
        for stage in self.stages():
            x = stage(x)
        return x

    def stages(self) -> list[Callable[[Tensor], Tensor]]:
        """The parts that ``pictures`` applies one after the other."""
        first = [lambda x: _rectified(self.first(_mirrored(x, 3)))]
        down = [_layer(conv) for conv in self.down]
        blocks = [_residual(block) for block in self.blocks]
        up = [_layer(conv) for conv in self.up]
        return [*first, *down, *blocks, *up, lambda x: torch.tanh(self.last(_mirrored(x, 3)).float())]


def _layer(conv: nn.Module) -> Callable[[Tensor], Tensor]:
    return lambda x: _rectified(conv(x))


def _residual(block: nn.Module) -> Callable[[Tensor], Tensor]:
    assert isinstance(block, nn.ModuleList)
    first, second = block

    def applied(x: Tensor) -> Tensor:
        y = _rectified(first(_mirrored(x, 1)))
        return x + instance_norm(second(_mirrored(y, 1)))

    return applied


def _rectified(x: Tensor) -> Tensor:
    return F.relu(instance_norm(x))


def _mirrored(x: Tensor, pixels: int) -> Tensor:
    # Grids of a few pixels cannot be mirrored that far.
    mode = "reflect" if min(x.shape[2:]) > pixels else "replicate"
    return F.pad(x, (pixels,) * 4, mode=mode)
