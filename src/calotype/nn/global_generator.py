"""The global generator of pix2pixHD: halvings, residual blocks, doublings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.instance import instance_norm


class GlobalGenerator(nn.Module):
    """Convolutions that halve the size, residual blocks, and transposed convolutions that double it.

    Wang, Liu, Zhu, Tao, Kautz, Catanzaro, "High-Resolution Image Synthesis and Semantic Manipulation with Conditional
    GANs", CVPR 2018.

    Args:
        inputs: channels of the input.
        width: channels of the first layer, doubled at each halving.
        max_width: upper limit of the channels.
        halvings: how many times the size is halved.
        blocks: residual blocks.
        norm: ``instance``, without scale and shift, as published; ``batch``, which keeps how strong an input is.
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
        norm: Literal["instance", "batch"] = "instance",
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

        self.norms = nn.ModuleList()
        if norm == "batch":
            inner = [widths[-1]] * (2 * blocks)
            self.norms.extend(nn.BatchNorm2d(width) for width in (*widths, *inner, *reversed(widths[:-1])))

    def pictures(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to pictures [B, 3, H, W], float32, -1..1; sides are multiples of 2 to ``halvings``."""
        norms = iter(self.norms)

        def normalised(y: Tensor) -> Tensor:
            norm = next(norms, None)
            result: Tensor = instance_norm(y) if norm is None else norm(y)
            return result

        x = F.relu(normalised(self.first(_mirrored(x, 3))))
        for conv in self.down:
            x = F.relu(normalised(conv(x)))
        for block in self.blocks:
            assert isinstance(block, nn.ModuleList)
            y = F.relu(normalised(block[0](_mirrored(x, 1))))
            x = x + normalised(block[1](_mirrored(y, 1)))
        for conv in self.up:
            x = F.relu(normalised(conv(x)))
        return torch.tanh(self.last(_mirrored(x, 3)).float())


def _mirrored(x: Tensor, pixels: int) -> Tensor:
    # Grids of a few pixels cannot be mirrored that far.
    mode = "reflect" if min(x.shape[2:]) > pixels else "replicate"
    return F.pad(x, (pixels,) * 4, mode=mode)
