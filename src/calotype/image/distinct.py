"""How unlike the rest of a picture its parts are: single things, not textures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Patches of this half side are compared, at columns this far apart and up to this many rows apart; the mean of the
# nearest few tells how distinct a place is.
_HALF, _APART, _ROWS, _NEAREST = 2, 6, 2, 3
# Width of what counts as the side of a picture.
_SIDES = 0.08
# A pixel of a texture is this many times as far from the sides as from the nearest others, at most.
_TEXTURE = 2.0
# Values this many times as large as their mean count half, and how steeply larger ones count more.
MANY, _STEEP = 3.0, 5.0
# The same for what is foreign, and the difference that counts at least: the sum of the channels' differences.
MANY_FOREIGN, FAINT = 1.5, 0.1


def distinctness(picture: Tensor) -> Tensor:
    """How far the patch around each pixel [h, w] is from the nearest ones elsewhere in the rows close to it.

    Args:
        picture: [C, h, w].

    Returns:
        [h, w], mean squared difference; 0 where there is no other place.
    """
    _, height, width = picture.shape
    beside = F.pad(picture[None], (0, 0, _ROWS, _ROWS), mode="replicate")[0]
    nearest = torch.full((_NEAREST, height, width), float("inf"), dtype=picture.dtype, device=picture.device)
    for shift in range(_APART, width):
        here, there = picture[:, :, : width - shift], picture[:, :, shift:]
        for one, other, columns in (
            (here, beside[:, :, shift:], slice(0, width - shift)),
            (there, beside[:, :, : width - shift], slice(shift, width)),
        ):
            apart = torch.stack(
                [(one - other[:, row : row + height]).square().sum(0) for row in range(0, 2 * _ROWS + 1, 2)]
            )
            side = 2 * _HALF + 1
            means = F.avg_pool2d(apart[None], side, 1, _HALF, count_include_pad=False)[0].amin(0)
            _insert(nearest[:, :, columns], means)
    counted = nearest.isfinite()
    return torch.where(counted, nearest, 0.0).sum(0) / counted.sum(0).clamp(min=1)


def _insert(smallest: Tensor, values: Tensor) -> None:
    """Keep the smallest values [K, h, w] of those there, in order, and new ones [h, w]."""
    for kept in smallest:
        larger = torch.maximum(kept, values)
        torch.minimum(kept, values, out=kept)
        values = larger


def unlikeness(picture: Tensor) -> Tensor:
    """The median difference [h, w] of the mean colour around a pixel to those of its row: 0 for most of a plain row."""
    rows = _mean_colours(picture)
    return torch.cdist(rows, rows, p=1).median(2).values


def foreignness(picture: Tensor) -> Tensor:
    """How much farther [h, w] the mean colour around a pixel is from all at the sides than from others of its rows.

    What is like neither the left side nor the right one is in front of the background, even where it fills the row
    (Wei, Wen, Zhu, Sun, "Geodesic Saliency Using Background Priors", ECCV 2012, section 3). Textures, whose pixels are
    like no others, have 0.
    """
    rows = _mean_colours(picture)
    height, width = rows.shape[:2]
    row, place = torch.arange(height, device=rows.device), torch.arange(width, device=rows.device)
    known = torch.cat([rows[(row + step).clamp(0, height - 1)] for step in (-_ROWS, 0, _ROWS)], 1)
    apart = torch.cdist(rows, known, p=1)
    column = place.repeat(3)
    strip = max(1, round(_SIDES * width))
    sides = torch.minimum(apart[:, :, column < strip].amin(2), apart[:, :, column >= width - strip].amin(2))
    near = (place[:, None] - column).abs() < _APART
    elsewhere = apart.masked_fill(near, float("inf")).amin(2)
    return (sides - _TEXTURE * elsewhere).clamp(min=0)


def _mean_colours(picture: Tensor) -> Tensor:
    return F.avg_pool2d(picture[None], 5, 1, 2, count_include_pad=False)[0].permute(1, 2, 0)


def relative(values: Tensor, many: float = MANY, least: float = 0.0) -> Tensor:
    """Values relative to their mean, or ``least`` if that is more, 0..1: half at ``many`` times as much."""
    steep = values**_STEEP
    return steep / (steep + (many * values.mean().clamp(min=least)) ** _STEEP).clamp(min=1e-12)
