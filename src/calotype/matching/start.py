"""What a level can start from: the photo disturbed in place, and one that continues itself."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def swayed(x: Tensor, amount: float, scale: float, noise: torch.Generator) -> Tensor:
    """``x`` [1, C, h, w] with every pixel fetched from a place some way off, neighbours from about the same side.

    Noise in the values alone is undone by the patches, which know only one way to look right; things moved, stretched
    and squeezed have to be made anew. What lies beyond the edge is mirrored.

    Args:
        x: the picture.
        amount: standard deviation of the displacement, pixels.
        scale: distance over which it changes, pixels.
        noise: CPU generator.
    """
    height, width = x.shape[2:]
    knots = (max(2, round(height / scale) + 1), max(2, round(width / scale) + 1))
    moves = torch.randn(1, 2, *knots, generator=noise).to(x.device)
    moves = amount * F.interpolate(moves, size=(height, width), mode="bicubic", align_corners=True)[0]
    y = torch.arange(height, device=x.device)[:, None] + moves[0]
    x_ = torch.arange(width, device=x.device)[None] + moves[1]
    grid = torch.stack([(x_ + 0.5) / width * 2 - 1, (y + 0.5) / height * 2 - 1], dim=-1)[None]
    return F.grid_sample(x, grid, mode="bicubic", padding_mode="reflection", align_corners=False).clamp(-1, 1)


def seamless(x: Tensor, tile: tuple[bool, bool]) -> Tensor:
    """``x`` [1, C, h, w] made to continue itself along the axes of ``tile``.

    Towards the edges it fades into its own middle. Patches mend what is wrong in small; a layout that ends
    differently on its two sides they would only blur.
    """
    for axis, wraps in zip((2, 3), tile):
        if wraps:
            length = x.shape[axis]
            place = (torch.arange(length, device=x.device) + 0.5) / length
            inner = torch.sin(math.pi * place).square().view([-1 if d == axis else 1 for d in range(4)])
            x = inner * x + (1 - inner) * x.roll(length // 2, axis)
    return x
