"""Nearest-neighbour fields between the layers of two pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines.dia.config import Config
from calotype.image.patches import principal_filters
from calotype.matching import patchmatch
from calotype.matching.field import Grid, GridShape
from calotype.matching.refine import identity_field

_SAMPLE = 2000  # patches of each picture whose principal components are computed


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


def comparable(one: Tensor, other: Tensor, patch: int, cfg: Config) -> tuple[Grid, Grid]:
    """The patches of two feature maps [1, C, h, w], described by the same principal components."""
    directions = _principal([one, other], 1, cfg.channels)
    few = [F.conv2d(x, directions) for x in (one, other)]
    filters = _principal(few, patch, cfg.components)
    return Grid(few[0], filters), Grid(few[1], filters)


def search(query: Grid, key: Grid, radius: int, before: Field | None, cfg: Config, noise: torch.Generator) -> Field:
    """The field from ``query`` to ``key``.

    Args:
        query: patches that need matches.
        key: patches to be matched.
        radius: largest distance of random guesses, positions; 0 for no limit.
        before: a field to start from; ``None`` starts from equal relative positions.
        cfg: the settings.
        noise: CPU generator.
    """
    one, other = query.geometry, key.geometry
    start = identity_field(query, key) if before is None else before.upsampled(one, other).index
    field, _ = patchmatch.improve(query, key, None, start, None, cfg.passes, noise, radius=radius or None)
    return Field(field, one, other)


def _principal(maps: list[Tensor], patch: int, count: int) -> Tensor:
    """Principal components of the patches of both maps; the larger one decides where their sizes differ."""
    if maps[0].shape == maps[1].shape:
        return principal_filters(torch.cat(maps), patch, count, _SAMPLE)
    height, width = (min(x.shape[axis] for x in maps) for axis in (2, 3))
    return principal_filters(torch.cat([x[:, :, :height, :width] for x in maps]), patch, count, _SAMPLE)
