"""Masks of the pyramid's levels: which features are given, and where; for training and for use."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.config import Config

# Of an irregular hole: the share of the picture, and the side of the grid on which it grows.
_AREA, _GRID = 0.25, 28
_COARSER = (2, 3, 4)  # the maps that are given beside the vectors of another picture


def position_of(level: float, cfg: Config) -> float:
    """A place on the slider, 0 (the photo itself) .. 1 (its idea), as a number of a level, from 0 (the finest)."""
    return level * (len(levels(cfg)) - 1)


def masks_at(position: float, cfg: Config, region: Tensor | None = None) -> list[Tensor]:
    """The masks of all levels for a place between two levels: the deeper one whole, the finer one weakened.

    Args:
        position: number of a level, 0 is the finest; between two numbers both are given.
        cfg: the settings.
        region: [1, 1, h, w], 0 or 1: where this holds; elsewhere all finer levels are given too. ``None``: everywhere.

    Returns:
        [1, 1, h, w] for each convolutional level, [1, 1] for the others; 0..1.
    """
    finer = min(int(position), len(levels(cfg)) - 1)
    share = float(position) - finer
    weights = [0.0] * len(levels(cfg))
    weights[finer] = 1 - share
    if share:
        weights[finer + 1] = 1.0
    masks = [torch.full((1, 1, *cfg.side(k)), weights[k]) for k in range(CONVOLUTIONAL)]
    masks += [torch.full((1, 1), weight) for weight in weights[CONVOLUTIONAL:]]
    if region is None:
        return masks
    around = 1 - region
    return [
        torch.maximum(mask, resized(around, mask.shape[2:])) if number < max(position, 1) and mask.dim() == 4 else mask
        for number, mask in enumerate(masks)
    ]


def resized(mask: Tensor, size: Sequence[int]) -> Tensor:
    """A mask [N, 1, h, w] at the size of a level: a pixel is given only where all that it covers is."""
    given: Tensor = 1 - F.adaptive_max_pool2d(1 - mask, tuple(size))
    return given


def random_masks(count: int, cfg: Config) -> list[Tensor]:
    """The masks of a batch of references: [N, 1, h, w] for each convolutional level, [N, 1] for the others.

    Of most pictures one level is given, drawn uniformly. Of ``cfg.cropped`` of them, if that level is a map, the finer
    ones are given too, outside of a hole (Shocher et al., sec. 3.2). Of ``cfg.exchanged``, one of the coarser maps and
    all vectors are given. Of the rest, the next finer level is given with a weight drawn from 0 to 1, so that places
    between two levels can be asked for.
    """
    drawn = [_random_mask(cfg) for _ in range(count)]
    return [torch.cat(list(level)) for level in zip(*drawn, strict=True)]


def _random_mask(cfg: Config) -> list[Tensor]:
    level = int(torch.randint(len(levels(cfg)), ()))
    kind, share = torch.rand(2).tolist()
    if kind < cfg.cropped and level < CONVOLUTIONAL:
        return masks_at(level, cfg, random_hole(cfg))
    if cfg.cropped <= kind < cfg.cropped + cfg.exchanged and len(levels(cfg)) > CONVOLUTIONAL:
        return with_vectors(masks_at(_COARSER[int(share * len(_COARSER))], cfg))
    if kind >= cfg.cropped + cfg.exchanged + cfg.alone and level:
        return masks_at(level - 1 + max(share, 1e-3), cfg)
    return masks_at(level, cfg)


def with_vectors(masks: Sequence[Tensor]) -> list[Tensor]:
    """The masks with all vectors given, too."""
    return [mask if mask.dim() == 4 else torch.ones_like(mask) for mask in masks]


def exchanged(masks: Sequence[Tensor]) -> Tensor:
    """Of which pictures a map and vectors are given, bool [N]: the vectors are those of another picture."""
    given = [mask.flatten(1).any(1) for mask in masks]
    maps, vectors = given[:CONVOLUTIONAL], given[CONVOLUTIONAL:]
    if not vectors:
        return torch.zeros_like(maps[0])
    return torch.stack(maps).any(0) & torch.stack(vectors).all(0)


def depths(masks: Sequence[Tensor], cfg: Config) -> Tensor:
    """How deep the finest level is that is given in each place: [N, 1, height, width], 0 (the finest) .. 1."""
    deepest = len(levels(cfg)) - 1
    found = masks[0].new_ones(len(masks[0]), 1, *cfg.size)
    for number, mask in enumerate(masks):
        there = F.interpolate(mask, size=cfg.size, mode="nearest") if mask.dim() == 4 else mask[:, :, None, None]
        found = torch.minimum(found, 1 - there * (1 - number / deepest))
    return found


def random_hole(cfg: Config) -> Tensor:
    """A rectangular or an irregular hole: [1, 1, height, width] of the pictures, 1 in the hole."""
    height, width = cfg.size
    hole = torch.zeros(1, 1, height, width)
    if torch.rand(()) < 0.5:
        down, across = max(1, round(cfg.hole * height)), max(1, round(cfg.hole * width))
        y, x = int(torch.randint(height - down + 1, ())), int(torch.randint(width - across + 1, ()))
        hole[:, :, y : y + down, x : x + across] = 1
        return hole
    # Smooth noise above the quantile that leaves the wanted area.
    noise = torch.randn(1, 1, 4, 4)
    smooth = F.interpolate(noise, size=(_GRID, _GRID), mode="bicubic", align_corners=False)
    blob = (smooth > smooth.flatten().quantile(1 - _AREA)).float()
    return F.interpolate(blob, size=(height, width), mode="nearest-exact")
