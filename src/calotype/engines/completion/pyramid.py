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
# Minimum scale factor from an image to what is resampled from it.
OVERSIZE = 1.3


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
    full = Level(photo.masked_fill(hole, 0.0), hole)
    found, source = [full], Weighted.of(full)
    while _too_large(found[-1].hole, cfg):
        factor = cfg.ratio ** -len(found)
        size = (round(photo.shape[2] * factor), round(photo.shape[3] * factor))
        if min(size) < 2 * cfg.patch:
            break
        source = source.halved(size)
        smaller = source.resized(size)
        if not smaller.hole.any() or bool(overlapping(smaller.hole, cfg.patch).all()):
            break
        found.append(smaller)
    return found[::-1]


def _too_large(hole: Tensor, cfg: Config) -> bool:
    """Whether a hole, bool [h, w], has to be filled at a coarser level first."""
    if cfg.start == "smooth":
        return bool(eroded(hole, cfg.depth).any())
    return int(hole.sum()) > cfg.arranged or hole.numel() > cfg.overview


@dataclass(frozen=True)
class Weighted:
    """A photo with a hole, to be downsampled: each pixel is the mean of the known part of its footprint.

    Attributes:
        total: [1, C, h, w], the sum of known values.
        share: [1, 1, h, w], how much of a pixel is known, 0..1.
    """

    total: Tensor
    share: Tensor

    @classmethod
    def of(cls, level: Level) -> Weighted:
        """From a level; its values in the hole are 0."""
        return cls(level.photo, (~level.hole).to(level.photo)[None, None])

    def halved(self, size: tuple[int, int]) -> Weighted:
        """The same at half the size, which is read faster, if that is well above ``size``."""
        half = (self.share.shape[2] // 2, self.share.shape[3] // 2)
        if min(large / small for large, small in zip(half, size)) < OVERSIZE:
            return self
        return Weighted(*(F.interpolate(x, size=half, mode="area") for x in (self.total, self.share)))

    def resized(self, size: tuple[int, int]) -> Level:
        """The level of this size."""
        share = resize(self.share, size, mode="bilinear")
        mean = resize(self.total, size, mode="bilinear") / share.clamp_min(1e-3)
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
