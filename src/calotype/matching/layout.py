"""Guide channels of label maps, for matching a photo's map with a target map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.matching.refine import Guide

# Maximum number of label channels. With more, most of the time would go into describing patches by labels; with these,
# any two of 255 labels have at least half the distance of two of a few.
_CHANNELS = 16
_ROUNDS, _STEP = 300, 0.05
# Line drawings: a label is lines if all of it is within this distance of its edge (as a share of the longer side).
# Radii of the proximity channels, as shares of the longer side, and their weight relative to the lines: a larger weight
# smears regions between lines, a smaller one confuses inside and outside of outlines.
_MAX_LINE_RADIUS = 0.012
_RADII = (0.015, 0.04, 0.1)
_PROXIMITY_WEIGHT = 0.7


def label_channels(photo: Tensor, before: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Convert both maps to channels in which any two labels have about the same distance, sqrt(2).

    For line drawings (two labels, one of them thin lines), further channels encode the proximity of lines.

    Args:
        photo: [1, C, H, W].
        before: int64 [1, H, W], the label map of the photo.
        target: int64 [1, h, w], the target label map, in the same numbering.

    Returns:
        [1, G, H, W] and [1, G, h, w], float32, -1..1.

    Raises:
        InputError: the map is not of the photo's size, or the target has a label that the photo does not have.
    """
    (source,), wanted = label_channels_of([photo], [before], target)
    return source, wanted


def label_channels_of(photos: Sequence[Tensor], maps: Sequence[Tensor], target: Tensor) -> tuple[list[Tensor], Tensor]:
    """As ``label_channels``, for several photos: the labels of the target may lie in any of them.

    Args:
        photos: [1, C, H, W] each.
        maps: int64 [1, H, W] each, their label maps, in one numbering.
        target: int64 [1, h, w], the target label map, in the same numbering.

    Returns:
        [1, G, H, W] of each photo, and [1, G, h, w], float32, -1..1.

    Raises:
        InputError: a map is not of its photo's size, or the target has a label that no photo has.
    """
    for before, photo in zip(maps, photos, strict=True):
        if before.shape[1:] != photo.shape[2:]:
            sizes = [f"{x.shape[-1]}x{x.shape[-2]}" for x in (before, photo)]
            raise InputError(f"the label map is {sizes[0]} and the photo {sizes[1]} pixels: give two of one size")
    there = torch.unique(torch.cat([torch.unique(before) for before in maps]))
    missing = target[~torch.isin(target, there)]
    if len(missing):
        raise InputError(
            f"the target wants label {int(missing.min())}, which lies nowhere in the photo: use the labels that do"
        )
    codes = label_codes(len(there)).to(photos[0])
    known = [torch.searchsorted(there, x) for x in (*maps, target)]
    lines = [label for label in range(len(there)) if len(there) == 2 and is_thin(known[0] == label)]
    reach = [share * max(photos[0].shape[2:]) for share in _RADII]
    channels = [
        torch.cat([codes[x].permute(0, 3, 1, 2), *(line_proximity(x == label, r) for label in lines for r in reach)], 1)
        for x in known
    ]
    return channels[:-1], channels[-1]


def is_thin(there: Tensor) -> bool:
    """Whether a region, bool [1, H, W], consists of lines: nearly all of it is close to its edge."""
    reach = max(1, round(_MAX_LINE_RADIUS * max(there.shape[1:])))
    inside = F.max_pool2d((~there)[None].float(), 2 * reach + 1, 1, reach) == 0
    return bool(inside.sum() < 0.02 * there.sum())


def line_proximity(there: Tensor, reach: float) -> Tensor:
    """Proximity of each pixel to the lines ``there``, bool [1, H, W]: [1, 1, H, W], 0..``_PROXIMITY_WEIGHT``.

    A thin line alone carries no information away from it, and is too faint at coarse levels.
    """
    share = blur(there[None].float(), reach)
    return _PROXIMITY_WEIGHT * (share * (2.5 * reach / line_width(there))).clamp(max=1)


def line_width(there: Tensor) -> float:
    """Approximate width of lines, pixels: twice their area over the length of their outline."""
    outline = (there[:, 1:] != there[:, :-1]).sum() + (there[:, :, 1:] != there[:, :, :-1]).sum()
    return max(1.0, 2 * float(there.sum()) / max(1.0, float(outline)))


def position_channels(like: Tensor) -> Tensor:
    """Position of each pixel, [1, 2, h, w]: from -1 to 1, vertical and horizontal."""
    height, width = like.shape[2:]
    y = torch.linspace(-1, 1, height, device=like.device)[:, None].expand(height, width)
    x = torch.linspace(-1, 1, width, device=like.device)[None].expand(height, width)
    return torch.stack([y, x])[None]


def height_guide(photos: Sequence[Tensor], result: Tensor, weight: float, tile: tuple[bool, bool]) -> Guide | None:
    """The vertical position as a guide: what is at the top of a photo fits best at the top of the result.

    Args:
        photos: [1, C, H, W] each. There is no guide for several: they share the result, not its height.
        result: [1, C, h, w], of the aspect ratio of the result.
        weight: weight of the position, -1 to 1, relative to a colour; 0 for no guide.
        tile: periodic axes. Vertically, a tile has no top.
    """
    if weight <= 0 or tile[0] or len(photos) > 1:
        return None
    return Guide([position_channels(photos[0])[:, :1]], position_channels(result)[:, :1], weight)


@lru_cache(maxsize=16)
def label_codes(count: int) -> Tensor:
    """Unit vectors [count, G] for so many labels, with a large minimum distance.

    One-hot for few labels. For more than ``_CHANNELS``, points on a sphere that repel each other, optimized to maximize
    the minimum distance.
    """
    if count <= _CHANNELS:
        return torch.eye(count)
    noise = torch.Generator().manual_seed(count)
    points = torch.randn(count, _CHANNELS, generator=noise, dtype=torch.float64)
    itself = torch.eye(count, dtype=torch.bool)
    for step in range(_ROUNDS):
        points = points / points.norm(dim=1, keepdim=True)
        # The nearest points repel most, increasingly so with each step.
        push = (points @ points.T * (8 + 24 * step / _ROUNDS)).masked_fill(itself, float("-inf")).softmax(1)
        points = points - _STEP * (push + push.T) @ points
    codes: Tensor = (points / points.norm(dim=1, keepdim=True)).float()
    return codes
