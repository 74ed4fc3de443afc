"""The pyramid of a photo with a hole; values in the hole never affect known pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.completion.config import Config
from calotype.image.resize import resize

# A pixel of a coarser level is known if at least this share of its footprint is.
KNOWN_SHARE = 0.5


@dataclass(frozen=True)
class Level:
    """One level.

    Attributes:
        photo: [1, C, h, w], -1..1; in the hole, a mean of known pixels or zeros.
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

    The coarsest level is the finest at which the hole can be filled for the first time: from a smooth surface, if none
    of its pixels is farther than ``cfg.depth`` from the rim; by assigned offsets, if hole and image are small enough
    (``cfg.arranged``, ``cfg.overview``). Or it is the last one at which the hole is still visible.
    """
    sizes = [(photo.shape[2], photo.shape[3])]
    holes = [hole]
    while _too_large(holes[-1], cfg):
        factor = cfg.ratio ** -len(sizes)
        size = (round(photo.shape[2] * factor), round(photo.shape[3] * factor))
        if min(size) < 2 * cfg.patch:
            break
        smaller = downsampled(photo[:, :1], hole, size).hole
        if not smaller.any() or bool(overlapping(smaller, cfg.patch).all()):
            break
        sizes.append(size)
        holes.append(smaller)
    return [*(downsampled(photo, hole, size) for size in sizes[:0:-1]), Level(photo.masked_fill(hole, 0.0), hole)]


def _too_large(hole: Tensor, cfg: Config) -> bool:
    """Whether a hole, bool [h, w], has to be filled at a coarser level first."""
    if cfg.start == "smooth":
        return bool(eroded(hole, cfg.depth).any())
    return int(hole.sum()) > cfg.arranged or hole.numel() > cfg.overview


def downsampled(photo: Tensor, hole: Tensor, size: tuple[int, int]) -> Level:
    """Downsample a photo with a hole: each pixel is the mean of the known part of its footprint."""
    known = (~hole).to(photo)[None, None]
    share = resize(known, size, mode="bilinear")
    mean = resize(photo * known, size, mode="bilinear") / share.clamp_min(1e-3)
    return Level(mean, share[0, 0] < KNOWN_SHARE)


def dilated(mask: Tensor) -> Tensor:
    """``mask``, bool [H, W], dilated by one pixel (8-connectivity)."""
    return F.max_pool2d(mask.float()[None, None], 3, 1, 1)[0, 0] > 0


def around(mask: Tensor, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the bounding box of ``mask``, bool [H, W], extended by ``margin`` pixels inside the image."""
    places = [mask.any(axis).nonzero()[:, 0] for axis in (1, 0)]
    low, high = ([int(x[end]) if len(x) else 0 for x in places] for end in (0, -1))
    rows, columns = (
        slice(max(0, first - margin), min(length, last + margin + 1))
        for first, last, length in zip(low, high, mask.shape)
    )
    return rows, columns


def eroded(mask: Tensor, radius: int) -> Tensor:
    """``mask``, bool [H, W], eroded by a square of ``2 * radius + 1`` pixels; beyond the border, it counts as set."""
    box = around(mask, radius)
    left = F.pad((~mask[box]).float()[None, None], (radius,) * 4)
    result = torch.zeros_like(mask)
    result[box] = (_maximum(left, 2 * radius + 1) == 0) & mask[box]
    return result


def overlapping(mask: Tensor, patch: int) -> Tensor:
    """Which patches contain a pixel of ``mask``, bool [H, W]: bool [H - patch + 1, W - patch + 1]."""
    rows, columns = around(mask, patch - 1)
    found = _maximum(mask[rows, columns].float()[None, None], patch) > 0
    result = torch.zeros(mask.shape[0] - patch + 1, mask.shape[1] - patch + 1, dtype=torch.bool, device=mask.device)
    result[rows.start : rows.start + found.shape[0], columns.start : columns.start + found.shape[1]] = found
    return result


def _maximum(x: Tensor, side: int) -> Tensor:
    """The maximum of ``x`` [1, 1, h, w] in each square: [h - side + 1, w - side + 1]. It is separable."""
    return F.max_pool2d(F.max_pool2d(x, (side, 1), 1), (1, side), 1)[0, 0]


def extrapolated(values: Tensor, hole: Tensor, times: int) -> Tensor:
    """Extend ``values`` [n, h, w] of a hole, bool [h, w], ``times`` pixels outwards, each copied from a neighbour."""
    has = hole
    for _ in range(times):
        for axis, way in ((1, 1), (1, -1), (0, 1), (0, -1)):
            near = has.roll(way, axis) & ~has
            # ``roll`` is cyclic: exclude values from the opposite border.
            near.select(axis, 0 if way > 0 else -1).zero_()
            values = torch.where(near, values.roll(way, axis + 1), values)
            has = has | near
    return values
