"""Positions of patches: cells of an image and the coordinates that encode them.

An image is a grid of R_v x R_h cells, one micro patch each; a macro patch covers r x r cells, r = macro / micro. Cells
are numbered from 0 at the top left. The position of a macro patch is that of its top left cell. Positions may be
fractional and outside the image: cells beyond the last one have coordinates above 1.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor


class Geometry(Protocol):
    """The fields of the configuration that define the grid of patches."""

    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def macro(self) -> int: ...  # noqa: D102
    @property
    def micro(self) -> int: ...  # noqa: D102
    @property
    def overlap(self) -> int: ...  # noqa: D102
    @property
    def coordinates(self) -> str: ...  # noqa: D102


def cells(cfg: Geometry) -> tuple[int, int]:
    """R_v and R_h: the number of cells of an image, vertically and horizontally."""
    return cfg.size[0] // cfg.micro, cfg.size[1] // cfg.micro


def cells_of_macro(cfg: Geometry) -> int:
    """The number of cells of a macro patch in each direction: r."""
    return cfg.macro // cfg.micro


def dimensions(cfg: Geometry) -> int:
    """Length of a coordinate vector: 2 for planar coordinates, 3 for cylindrical ones."""
    return 3 if cfg.coordinates == "cylindrical" else 2


def macro_choices(cfg: Geometry) -> tuple[int, int]:
    """The number of positions of a macro patch, vertically and horizontally; on a cylinder it can start at every
    column.
    """
    rows, columns = cells(cfg)
    side = cells_of_macro(cfg)
    return rows - side + 1, columns if cfg.coordinates == "cylindrical" else columns - side + 1


def micro_coordinates(row: Tensor, column: Tensor, cfg: Geometry) -> Tensor:
    """Coordinates of cells: [...], [...] -> [..., 2 or 3].

    Planar: -1 is the first cell and 1 the last, in each direction. Cylindrical: the horizontal position is the cosine
    and the sine of an angle, and the cell after the last is the first.

    Args:
        row: row index of the cell, float.
        column: column index of the cell, float.
        cfg: defines the grid.
    """
    rows, columns = cells(cfg)
    return _coordinate_vector(_scaled(row, rows - 1), column, columns - 1, cfg)


def macro_coordinates(row: Tensor, column: Tensor, cfg: Geometry) -> Tensor:
    """Coordinates of macro patches, given their top left cells: [...], [...] -> [..., 2 or 3].

    Planar: -1 is the first possible position of a macro patch, and 1 the last.
    """
    rows, columns = cells(cfg)
    side = cells_of_macro(cfg)
    return _coordinate_vector(_scaled(row, rows - side), column, columns - side, cfg)


def _coordinate_vector(vertical: Tensor, column: Tensor, last: int, cfg: Geometry) -> Tensor:
    if cfg.coordinates == "planar":
        return torch.stack([vertical, _scaled(column, last)], dim=-1)
    # Reduced modulo a full turn first, so that the result is bitwise periodic.
    columns = cells(cfg)[1]
    angle = math.pi * (2 * torch.remainder(column, columns) / columns - 1)
    return torch.stack([vertical, angle.cos(), angle.sin()], dim=-1)


def _scaled(number: Tensor, last: int) -> Tensor:
    # A single position is at the centre.
    return 2 * number / last - 1 if last > 0 else torch.zeros_like(number)


def cells_within(row: Tensor, column: Tensor, cfg: Geometry) -> tuple[Tensor, Tensor]:
    """The cells of macro patches in row-major order: [B], [B] -> rows [B, r * r], columns [B, r * r]."""
    side = cells_of_macro(cfg)
    step = torch.arange(side, device=row.device, dtype=row.dtype)
    down, across = (part.reshape(-1) for part in torch.meshgrid(step, step, indexing="ij"))
    return row[:, None] + down, column[:, None] + across


def merged(parts: Tensor, rows: int, columns: int) -> Tensor:
    """Tile patches, given in row-major order: [B * rows * columns, C, p, p] -> [B, C, rows * p, columns * p]."""
    count, channels, height, width = parts.shape
    grid = parts.reshape(count // (rows * columns), rows, columns, channels, height, width)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, rows * height, columns * width)


def joined(parts: Tensor, rows: int, columns: int, cfg: Geometry) -> Tensor:
    """Tile patches, given in row-major order, and blend them where they overlap.

    Args:
        parts: [B * rows * columns, C, p + 2 m, p + 2 m], with m = ``cfg.overlap``.
        rows: rows of cells of the result.
        columns: columns of cells of the result.
        cfg: defines the grid.

    Returns:
        [B, C, rows * p, columns * p].
    """
    if not cfg.overlap:
        return merged(parts, rows, columns)
    grid = parts.reshape(-1, rows, columns, *parts.shape[1:])
    grid = blended(blended(grid, 2, 5, cfg), 1, 4, cfg)
    return merged(grid.flatten(0, 2), rows, columns)


def blended(parts: Tensor, cells: int, pixels: int, cfg: Geometry) -> Tensor:
    """Blend patches linearly along one dimension with the one before and after, and crop their overlapping margins.

    Both patches weigh one half at the border of their cells, and the weight falls to zero at the end of the overlap.
    The first patch has no predecessor and the last no successor; they are not blended there.

    Args:
        parts: patches, of any dimensions.
        cells: index of the dimension that counts the patches.
        pixels: index of the spatial dimension, of length p + 2 m, m = ``cfg.overlap``.
        cfg: defines the grid.

    Returns:
        The same with p in place of p + 2 m.
    """
    m, count = cfg.overlap, parts.shape[cells]
    shape = [1] * parts.dim()
    shape[pixels] = m
    near = ((torch.arange(m, device=parts.device) + 0.5) / (2 * m)).view(shape).to(parts.dtype)
    before, head, middle, tail, after = torch.split(parts, [m, m, cfg.micro - 2 * m, m, m], dim=pixels)
    blended_head = torch.lerp(after.narrow(cells, 0, count - 1), head.narrow(cells, 1, count - 1), near + 0.5)
    blended_tail = torch.lerp(
        before.narrow(cells, 1, count - 1), tail.narrow(cells, 0, count - 1), near.flip(pixels) + 0.5
    )
    head = torch.cat([head.narrow(cells, 0, 1), blended_head], dim=cells)
    tail = torch.cat([blended_tail, tail.narrow(cells, count - 1, 1)], dim=cells)
    return torch.cat([head, middle, tail], dim=pixels)


def cropped(pictures: Tensor, row: Tensor, column: Tensor, cfg: Geometry) -> Tensor:
    """Crop the macro patch at a position of its own from each image: [B, C, H, W], [B], [B] -> [B, C, S, S].

    Columns wrap around: past the right edge, cropping continues at the left one.
    """
    device = pictures.device
    along = torch.arange(cfg.macro, device=device)
    down = (row.long() * cfg.micro)[:, None] + along
    across = torch.remainder((column.long() * cfg.micro)[:, None] + along, pictures.shape[3])
    batch = torch.arange(len(pictures), device=device)[:, None, None]
    return pictures.permute(0, 2, 3, 1)[batch, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2).contiguous()
