"""How much texture is expected in a hole.

Averages of patches are smooth, and match smooth patches best, so that grass or foliage would become blurred. Patches
are therefore compared by their local contrast at full size, too. In the hole it is that of the shifted copies a fill
begins with, or interpolated from the rim; at finer levels, that of the patches matched at the level before, so that a
sky stays as smooth as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.membrane import membrane
from calotype.engines.completion.pyramid import Level
from calotype.image.resize import resize

if TYPE_CHECKING:
    from calotype.engines.completion.search import LevelSearch

# Side of the window of local contrast, pixels, and the contrast below which differences do not matter (-1..1 scale).
WINDOW, FLOOR = 5, 0.02


class Textures:
    """The expected texture of the levels of a pyramid: the logarithm of the local contrast at full size."""

    def __init__(self, pyramid: Sequence[Level]) -> None:
        """From the levels of a photo ``with_contrast``."""
        self.known = [Level(level.photo[:, -1:], level.hole) for level in pyramid]

    def interpolated(self) -> Tensor:
        """At the coarsest level: [1, 1, h, w], in the hole the membrane of its rim."""
        return membrane(self.known[0].photo, self.known[0].hole)

    def upsampled(self, texture: Tensor, index: int) -> Tensor:
        """At level ``index`` (0 is the coarsest): [1, 1, h, w], in the hole ``texture`` of a coarser level."""
        known = self.known[index]
        return torch.where(known.hole, resize(texture, known.size, mode="bilinear"), known.photo)


def matched_texture(texture: Tensor, search: LevelSearch, field: Tensor) -> Tensor:
    """The expected texture [1, 1, h, w] of a level, in the hole that of the matches of its patches.

    Args:
        texture: [1, 1, h, w], what was expected before.
        search: the level.
        field: int64 [rows * columns], its matches.
    """
    here, active = (..., *search.pixels), search.active.flatten().to(texture)
    made = search.averaged(texture, field, active, texture[here], 0.0)
    result = texture.clone()
    result[here] = torch.where(search.level.hole[search.pixels], made, texture[here])
    return result


def with_contrast(photo: Tensor, hole: Tensor) -> Tensor:
    """The photo [1, C, H, W] with its ``local_contrast`` as one more channel: [1, C + 1, H, W]."""
    return torch.cat([photo, local_contrast(photo, hole)], 1)


def local_contrast(photo: Tensor, hole: Tensor) -> Tensor:
    """Logarithm of the mean difference of neighbouring known pixels in a window: [1, 1, H, W].

    Args:
        photo: [1, C, H, W], -1..1.
        hole: bool [H, W]; the result has no meaning there.
    """
    total, count = photo.new_zeros(2, 1, 1, *hole.shape)
    known = ~hole
    across, down = known[:, 1:] & known[:, :-1], known[1:] & known[:-1]
    total[..., :, :-1] += photo.diff(dim=3).abs().mean(1, keepdim=True) * across
    total[..., :-1, :] += photo.diff(dim=2).abs().mean(1, keepdim=True) * down
    count[..., :, :-1] += across
    count[..., :-1, :] += down
    # Known pixels without a known neighbour near them get the mean of all.
    mean = total.sum() / count.sum().clamp_min(1)
    total, count = (mean_around(x) for x in (total, count))
    return (torch.where(count > 0, total / count.clamp_min(1e-6), mean) + FLOOR).log()


def mean_around(x: Tensor) -> Tensor:
    """The mean of ``x`` [1, 1, h, w] in the window of each pixel, 0 beyond the border. It is separable."""
    half = WINDOW // 2
    return F.avg_pool2d(F.avg_pool2d(x, (WINDOW, 1), 1, (half, 0)), (1, WINDOW), 1, (0, half))
