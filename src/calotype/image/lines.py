"""Lines one pixel wide from a map of line strength: non-maximum suppression, hysteresis, thickening."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.components import joined, neighbours
from calotype.image.mask import grown


def ridges(strength: Tensor, angle: Tensor) -> Tensor:
    """Non-maximum suppression: where ``strength`` is a local maximum along ``angle``: bool [1, 1, H, W]."""
    height, width = strength.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([x, y], -1).to(strength)
    step = torch.stack([angle[0, 0].cos(), angle[0, 0].sin()], -1)
    size = torch.tensor([width, height], device=strength.device)
    beside = [
        F.grid_sample(
            strength, ((2 * (place + sign * step) + 1) / size - 1)[None], padding_mode="border", align_corners=False
        )
        for sign in (-1, 1)
    ]
    return (strength >= beside[0]) & (strength > beside[1])


def kept(thin: Tensor, begin: float, weak: float, shortest: float) -> Tensor:
    """Hysteresis: lines of [H, W] above ``weak`` that reach ``begin`` and extend over ``shortest`` pixels."""
    lines = thin >= weak
    places = lines.nonzero()
    if not len(places):
        return lines
    number = joined(neighbours(lines), len(places))
    count = int(number.max()) + 1
    strongest = torch.zeros(count, dtype=thin.dtype, device=thin.device)
    strongest = strongest.scatter_reduce(0, number, thin[lines], "amax")
    extent = torch.zeros(count, dtype=torch.int64, device=thin.device)
    for place in places.T:
        highest = torch.zeros_like(extent).scatter_reduce(0, number, place, "amax")
        lowest = torch.full_like(extent, max(thin.shape)).scatter_reduce(0, number, place, "amin")
        extent = torch.maximum(extent, highest - lowest + 1)
    good = (strongest >= begin) & (extent >= shortest)
    found = torch.zeros_like(lines)
    found[lines] = good[number]
    return found


def thickened(lines: Tensor, thickness: int) -> Tensor:
    """Thicken lines one pixel wide, [1, 1, H, W], to the given number of pixels."""
    wide = grown(lines, (thickness - 1) // 2) if lines.any() else lines
    if thickness % 2 == 0:  # the extra pixel of an even thickness is on the right and at the bottom
        wide = F.max_pool2d(F.pad(wide, (1, 0, 1, 0)), 2, 1)
    return wide


def line_width(size: tuple[int, int], thickness: int | None) -> int:
    """The line thickness for an image of (height, width), pixels: as given; by default 1 per 400 pixels of its longer
    side.

    Raises:
        InputError: the given thickness is out of range.
    """
    if thickness is None:
        return max(1, round(max(size) / 400))
    if not 1 <= thickness <= 100:
        raise InputError(f"lines of {thickness} pixels cannot be drawn: give a thickness from 1 to 100, like 2")
    return thickness
