"""How much texture is expected in a hole: that of its surroundings.

A fill begins smooth, and smooth fills match smooth patches best, so that grass or foliage would stay blurred. Patches
are therefore compared by their local contrast at full size, too, which in the hole is interpolated from its rim.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.membrane import membrane
from calotype.engines.completion.pyramid import Level, downsampled
from calotype.image.resize import resize

# Side of the window of local contrast, pixels, and the contrast below which differences do not matter (-1..1 scale).
WINDOW, FLOOR = 5, 0.02


def textures(pyramid: Sequence[Level]) -> list[Tensor]:
    """The expected texture of each level, coarsest first: [1, 1, h, w] each, the logarithm of the local contrast.

    Outside the hole it is that of the photo at full size, downsampled; in the hole, the membrane of the coarsest level.
    """
    full = pyramid[-1]
    contrast, unknown = local_contrast(full.photo, full.hole)
    first: Tensor | None = None
    found = []
    for level in pyramid:
        known = Level(contrast, unknown) if level is full else downsampled(contrast, unknown, level.size)
        hole = level.hole | known.hole
        if first is None:
            first = membrane(known.photo.masked_fill(hole, 0.0), hole)
            found.append(first)
        else:
            found.append(torch.where(hole, resize(first, level.size, mode="bilinear"), known.photo))
    return found


def local_contrast(photo: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """Logarithm of the mean difference of neighbouring known pixels in a window: [1, 1, H, W].

    Args:
        photo: [1, C, H, W], -1..1.
        hole: bool [H, W].

    Returns:
        the contrast, and where it is unknown, bool [H, W].
    """
    total, count = photo.new_zeros(2, 1, 1, *hole.shape)
    known = ~hole
    across, down = known[:, 1:] & known[:, :-1], known[1:] & known[:-1]
    total[..., :, :-1] += photo.diff(dim=3).abs().mean(1, keepdim=True) * across
    total[..., :-1, :] += photo.diff(dim=2).abs().mean(1, keepdim=True) * down
    count[..., :, :-1] += across
    count[..., :-1, :] += down
    total, count = (F.avg_pool2d(x, WINDOW, 1, WINDOW // 2) for x in (total, count))
    unknown = hole | (count[0, 0] <= 0)
    return (total / count.clamp_min(1e-6) + FLOOR).log().masked_fill(unknown, 0.0), unknown
