"""What a layout compares: where each label lies in a photo, beside where it is to lie in the result."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur

# Channels that labels have at most. With more, patches would be described by their labels for the most part of the time
# that a picture takes; with these, no two of 255 labels are less than half as unlike as two of a few.
_CHANNELS = 16
_ROUNDS, _STEP = 300, 0.05
# A drawing: what has no inside but within this share of the longer side of its edge is lines. How far from them they
# are felt, as shares of it, and how much against the lines themselves: more of it smears what lies between lines, and
# with less what is within an outline is taken for what is around it.
_THIN = 0.012
_REACHES = (0.015, 0.04, 0.1)
_PULL = 0.7


def guides(photo: Tensor, before: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both maps as channels that can be compared: any two labels are about equally unlike, sqrt(2) apart.

    Of a drawing, a map of two labels of which one is thin lines, further channels say how near these are.

    Args:
        photo: [1, C, H, W].
        before: int64 [1, H, W], what lies where in the photo.
        target: int64 [1, h, w], what is to lie where, in the same numbers.

    Returns:
        [1, G, H, W] and [1, G, h, w], float32, -1..1.

    Raises:
        InputError: the map is not of the photo's size, or the target has a label that lies nowhere in the photo.
    """
    if before.shape[1:] != photo.shape[2:]:
        sizes = [f"{x.shape[-1]}x{x.shape[-2]}" for x in (before, photo)]
        raise InputError(f"the label map is {sizes[0]} and the photo {sizes[1]} pixels: give two of one size")
    there = before.flatten().bincount().nonzero()[:, 0]
    missing = target[~torch.isin(target, there)]
    if len(missing):
        raise InputError(
            f"the target wants label {int(missing.min())}, which lies nowhere in the photo: use the labels that do"
        )
    codes = codes_of(len(there)).to(photo)
    maps = [torch.searchsorted(there, x) for x in (before, target)]
    lines = [label for label in range(len(there)) if len(there) == 2 and is_thin(maps[0] == label)]
    reach = [share * max(photo.shape[2:]) for share in _REACHES]
    source, asked = (
        torch.cat([codes[x].permute(0, 3, 1, 2), *(around(x == label, r) for label in lines for r in reach)], 1)
        for x in maps
    )
    return source, asked


def is_thin(there: Tensor) -> bool:
    """Whether what lies where ``there``, bool [1, H, W], is lines: nearly all of it near its edge."""
    reach = max(1, round(_THIN * max(there.shape[1:])))
    inside = F.max_pool2d((~there)[None].float(), 2 * reach + 1, 1, reach) == 0
    return bool(inside.sum() < 0.02 * there.sum())


def around(there: Tensor, reach: float) -> Tensor:
    """How near each pixel is to lines that lie where ``there``, bool [1, H, W]: [1, 1, H, W], 0..``_PULL``.

    A thin line alone says nothing of what lies away from it, and is too faint to be seen where pictures are small.
    """
    share = blur(there[None].float(), reach)
    return _PULL * (share * (2.5 * reach / width_of(there))).clamp(max=1)


def width_of(there: Tensor) -> float:
    """About how wide lines are, pixels: twice their area over their outline."""
    outline = (there[:, 1:] != there[:, :-1]).sum() + (there[:, :, 1:] != there[:, :, :-1]).sum()
    return max(1.0, 2 * float(there.sum()) / max(1.0, float(outline)))


def places(like: Tensor) -> Tensor:
    """Where each pixel lies, [1, 2, h, w]: from -1 to 1, top to bottom and left to right."""
    height, width = like.shape[2:]
    y = torch.linspace(-1, 1, height, device=like.device)[:, None].expand(height, width)
    x = torch.linspace(-1, 1, width, device=like.device)[None].expand(height, width)
    return torch.stack([y, x])[None]


@lru_cache(maxsize=16)
def codes_of(count: int) -> Tensor:
    """So many labels as vectors of length 1 [count, G], no two of them near each other.

    One channel a label, 1 for its own, while there are few. For more of them there are fewer channels than labels:
    points on a sphere that repel each other, so that the nearest two are as far apart as can be.
    """
    if count <= _CHANNELS:
        return torch.eye(count)
    noise = torch.Generator().manual_seed(count)
    points = torch.randn(count, _CHANNELS, generator=noise, dtype=torch.float64)
    itself = torch.eye(count, dtype=torch.bool)
    for step in range(_ROUNDS):
        points = points / points.norm(dim=1, keepdim=True)
        # The nearest push hardest, and the more so the longer it goes on.
        push = (points @ points.T * (8 + 24 * step / _ROUNDS)).masked_fill(itself, float("-inf")).softmax(1)
        points = points - _STEP * (push + push.T) @ points
    found: Tensor = (points / points.norm(dim=1, keepdim=True)).float()
    return found
