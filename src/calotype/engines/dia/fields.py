"""Nearest-neighbour fields between the layers of two pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.engines.dia.config import Config
from calotype.image.patches import principal_filters
from calotype.matching import patchmatch
from calotype.matching.field import Grid, GridShape
from calotype.matching.refine import identity_field


@dataclass(frozen=True)
class Field:
    """For every patch of one picture the index of its match in the other, and the geometry of both."""

    index: Tensor
    query: GridShape
    key: GridShape

    def centred(self) -> Tensor:
        """The match of every position, int64 [h, w], as an index of the other picture's positions.

        Positions at the border, which are no centre of a patch, follow the nearest patch.
        """
        half, device = self.query.patch // 2, self.index.device
        (rows, columns), key_columns = self.query.shape, self.key.shape[1]
        y = torch.arange(self.query.size[0], device=device)
        x = torch.arange(self.query.size[1], device=device)
        top, left = (y - half).clamp(0, rows - 1), (x - half).clamp(0, columns - 1)
        match = self.index.view(rows, columns)[top][:, left]
        to_y = match // key_columns + (y - top)[:, None]
        to_x = match % key_columns + (x - left)[None]
        return to_y * self.key.size[1] + to_x

    def warp(self, values: Tensor) -> Tensor:
        """Values [1, C, H, W] of the other picture, moved to the positions of this one: [1, C, h, w]."""
        at = self.centred()
        return values[0].flatten(1)[:, at.flatten()].view(1, values.shape[1], *at.shape)

    def upsampled(self, query: GridShape, key: GridShape) -> Field:
        """The field at another size or of other patches."""
        return Field(patchmatch.upsample(self.index, self.query, query, self.key, key), query, key)


def search(
    query: Tensor, key: Tensor, patch: int, radius: int, before: Field | None, cfg: Config, noise: torch.Generator
) -> Field:
    """The field from ``query`` to ``key``, two feature maps [1, C, h, w].

    Args:
        query: features that need matches.
        key: features to be matched.
        patch: side of the patches, positions.
        radius: largest distance of random guesses, positions; 0 for no limit.
        before: a field to start from; ``None`` starts from equal relative positions.
        cfg: the settings.
        noise: CPU generator.
    """
    grids = [Grid(x, filters) for x, filters in _comparable(query, key, patch, cfg)]
    one, other = (grid.geometry for grid in grids)
    start = identity_field(*grids) if before is None else before.upsampled(one, other).index
    field, _ = patchmatch.improve(grids[0], grids[1], None, start, None, cfg.passes, noise, radius=radius or None)
    return Field(field, one, other)


def _comparable(query: Tensor, key: Tensor, patch: int, cfg: Config) -> list[tuple[Tensor, Tensor]]:
    """Both feature maps with fewer channels, and the filters that describe their patches."""
    directions = _principal([query, key], 1, cfg.channels)
    few = [torch.nn.functional.conv2d(x, directions) for x in (query, key)]
    filters = _principal(few, patch, cfg.components)
    return [(x, filters) for x in few]


def _principal(maps: list[Tensor], patch: int, count: int) -> Tensor:
    """Principal components of the patches of both maps; the larger one decides where their sizes differ."""
    if maps[0].shape == maps[1].shape:
        return principal_filters(torch.cat(maps), patch, count)
    height, width = (min(x.shape[axis] for x in maps) for axis in (2, 3))
    return principal_filters(torch.cat([x[:, :, :height, :width] for x in maps]), patch, count)
