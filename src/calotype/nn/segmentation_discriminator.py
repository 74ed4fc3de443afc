"""A discriminator that segments: a U-Net with spectral normalisation and one class more than the label maps have."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calotype.nn.spectral import spectral_norm

_SLOPE = 0.2
_WIDEST = 8  # channels of the innermost blocks, in widths


class SegmentationDiscriminator(nn.Module):
    """Logits of classes for every pixel of a picture; the last class is that of generated pixels.

    Schoenfeld et al., "You Only Need Adversarial Supervision for Semantic Image Synthesis", ICLR 2021, fig. 2 and
    appendix: residual blocks down and up again, with connections across.

    Args:
        outputs: classes, with that of generated pixels.
        width: channels of the first block; each next one has twice as many, up to eight times.
        halvings: how many times the size is halved.
    """

    def __init__(self, outputs: int, width: int, halvings: int) -> None:
        super().__init__()
        widths = [width * min(1 << i, _WIDEST) for i in range(halvings)]
        self.down = nn.ModuleList(_Block(a, b, up=False, first=a == 3) for a, b in pairwise([3, *widths]))
        inner = [widths[-1], *(2 * each for each in widths[-2::-1])]
        outer = [*widths[-2::-1], width]
        self.up = nn.ModuleList(_Block(a, b, up=True, first=False) for a, b in zip(inner, outer))
        self.last = nn.Conv2d(width, outputs, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W], sides multiples of 2 to the power of ``halvings``, to [B, outputs, H, W]."""
        kept, x = [], pictures
        for block in self.down:
            x = block(x)
            kept.append(x)
        x = kept.pop()
        for number, block in enumerate(self.up):
            x = block(torch.cat([x, kept.pop()], 1) if number else x)
        logits: Tensor = self.last(F.leaky_relu(x, _SLOPE))
        return logits


class _Block(nn.Module):
    def __init__(self, before: int, after: int, *, up: bool, first: bool) -> None:
        super().__init__()
        self.up, self.first = up, first
        self.enter = spectral_norm(nn.Conv2d(before, after, 3, padding=1))
        self.leave = spectral_norm(nn.Conv2d(after, after, 3, padding=1))
        self.skip = spectral_norm(nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """To half the size, or to twice the size."""
        if self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        y = self.leave(F.leaky_relu(self.enter(x if self.first else F.leaky_relu(x, _SLOPE)), _SLOPE))
        result: Tensor = self.skip(x) + y
        return result if self.up else F.avg_pool2d(result, 2)
