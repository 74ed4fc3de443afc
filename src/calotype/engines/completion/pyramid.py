"""A photo with a hole in it, at every level: what is in the hole never comes into what is around it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.image.resize import resize

# A pixel of a coarser level is known where at least this share of what it stands for is.
KNOWN_SHARE = 0.5


@dataclass(frozen=True)
class Level:
    """One level.

    Attributes:
        photo: [1, C, h, w], -1..1; in the hole, a mean of what is around it or zeros.
        hole: bool [h, w].
    """

    photo: Tensor
    hole: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return self.hole.shape[0], self.hole.shape[1]


def levels(photo: Tensor, hole: Tensor, cfg: Config) -> list[Level]:
    """The pyramid of a photo [1, C, H, W] with a hole, bool [H, W]; coarsest first, full size last.

    It begins where hole and picture have few enough pixels to find a good arrangement at once (``cfg.arranged``,
    ``cfg.overview``), or, where the hole would vanish before, at the last level that it can be seen at.
    """
    sizes = [(photo.shape[2], photo.shape[3])]
    holes = [hole]
    while int(holes[-1].sum()) > cfg.arranged or holes[-1].numel() > cfg.overview:
        factor = cfg.ratio ** -len(sizes)
        size = (round(photo.shape[2] * factor), round(photo.shape[3] * factor))
        if min(size) < 2 * cfg.patch:
            break
        smaller = shrunk(photo[:, :1], hole, size).hole
        if not smaller.any() or bool(overlapping(smaller, cfg.patch).all()):
            break
        sizes.append(size)
        holes.append(smaller)
    return [*(shrunk(photo, hole, size) for size in sizes[:0:-1]), Level(photo.masked_fill(hole, 0.0), hole)]


def shrunk(photo: Tensor, hole: Tensor, size: tuple[int, int]) -> Level:
    """A photo and its hole at a smaller size: each pixel the mean of what is known of it."""
    known = (~hole).to(photo)[None, None]
    share = resize(known, size, mode="bilinear")
    mean = resize(photo * known, size, mode="bilinear") / share.clamp_min(1e-3)
    return Level(mean, share[0, 0] < KNOWN_SHARE)


def touched(mask: Tensor) -> Tensor:
    """``mask``, bool [H, W], and the eight neighbours of its pixels."""
    return F.max_pool2d(mask.float()[None, None], 3, 1, 1)[0, 0] > 0


def overlapping(mask: Tensor, patch: int) -> Tensor:
    """Which patches contain a pixel of ``mask``, bool [H, W]: bool [H - patch + 1, W - patch + 1]."""
    # Two passes of a row and of a column: the maximum over a square falls apart.
    rows = F.max_pool2d(mask.float()[None, None], (patch, 1), 1)
    return F.max_pool2d(rows, (1, patch), 1)[0, 0] > 0


def spread_out(values: Tensor, hole: Tensor, times: int) -> Tensor:
    """``values`` [n, h, w] of a hole, bool [h, w], carried ``times`` pixels outwards, each from a neighbour."""
    has = hole
    for _ in range(times):
        for axis, way in ((1, 1), (1, -1), (0, 1), (0, -1)):
            near = has.roll(way, axis) & ~has
            # Nothing comes in from the other end.
            near.select(axis, 0 if way > 0 else -1).zero_()
            values = torch.where(near, values.roll(way, axis + 1), values)
            has = has | near
    return values
