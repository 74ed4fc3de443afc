"""Where a part lies: cells of a picture, and the coordinates that stand for them.

A picture is a grid of R_v x R_h cells, each of them one micro piece; a macro piece is r x r cells, r = macro / micro.
Cells are numbered from 0 at the top left. A macro piece is where its first cell is. Numbers need not be whole, nor
within the picture: what lies beyond the last cell has coordinates above 1.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor


class Geometry(Protocol):
    """The fields of the configuration that say how pictures are divided."""

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
    """R_v and R_h: how many cells a picture has, downwards and across."""
    return cfg.size[0] // cfg.micro, cfg.size[1] // cfg.micro


def cells_of_macro(cfg: Geometry) -> int:
    """R: how many cells a macro piece has in each direction."""
    return cfg.macro // cfg.micro


def dimensions(cfg: Geometry) -> int:
    """How many numbers a coordinate has: 2 in the plane, 3 on a cylinder."""
    return 3 if cfg.coordinates == "cylindrical" else 2


def macro_choices(cfg: Geometry) -> tuple[int, int]:
    """How many places a macro piece can have, downwards and across; around a cylinder it can begin at every cell."""
    rows, columns = cells(cfg)
    side = cells_of_macro(cfg)
    return rows - side + 1, columns if cfg.coordinates == "cylindrical" else columns - side + 1


def micro_coordinates(row: Tensor, column: Tensor, cfg: Geometry) -> Tensor:
    """Coordinates of cells: [...], [...] -> [..., 2 or 3].

    In the plane -1 is the first cell and 1 the last, in each direction. On a cylinder, the place across is the cosine
    and the sine of an angle, and the cell after the last is the first.

    Args:
        row: number of the cell, downwards; float.
        column: the same across.
        cfg: how pictures are divided.
    """
    rows, columns = cells(cfg)
    return _joined(_along(row, rows - 1), column, columns - 1, cfg)


def macro_coordinates(row: Tensor, column: Tensor, cfg: Geometry) -> Tensor:
    """Coordinates of macro pieces, which are where their first cells are: [...], [...] -> [..., 2 or 3].

    In the plane -1 is the first place that a macro piece can have, and 1 the last.
    """
    rows, columns = cells(cfg)
    side = cells_of_macro(cfg)
    return _joined(_along(row, rows - side), column, columns - side, cfg)


def _joined(vertical: Tensor, column: Tensor, last: int, cfg: Geometry) -> Tensor:
    if cfg.coordinates == "planar":
        return torch.stack([vertical, _along(column, last)], dim=-1)
    # Reduced first, so that a turn later the numbers are the same to the last bit.
    around = cells(cfg)[1]
    angle = math.pi * (2 * torch.remainder(column, around) / around - 1)
    return torch.stack([vertical, angle.cos(), angle.sin()], dim=-1)


def _along(number: Tensor, last: int) -> Tensor:
    # Where there is but one place, it is in the middle.
    return 2 * number / last - 1 if last > 0 else torch.zeros_like(number)


def cells_within(row: Tensor, column: Tensor, cfg: Geometry) -> tuple[Tensor, Tensor]:
    """The cells of macro pieces, row by row: [B], [B] -> rows [B, r * r], columns [B, r * r]."""
    side = cells_of_macro(cfg)
    step = torch.arange(side, device=row.device, dtype=row.dtype)
    down, across = (part.reshape(-1) for part in torch.meshgrid(step, step, indexing="ij"))
    return row[:, None] + down, column[:, None] + across


def merged(parts: Tensor, rows: int, columns: int) -> Tensor:
    """Parts side by side, row by row: [B * rows * columns, C, p, p] -> [B, C, rows * p, columns * p]."""
    count, channels, height, width = parts.shape
    grid = parts.reshape(count // (rows * columns), rows, columns, channels, height, width)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, rows * height, columns * width)


def joined(parts: Tensor, rows: int, columns: int, cfg: Geometry) -> Tensor:
    """Parts side by side, row by row, blended where they reach over one another.

    Args:
        parts: [B * rows * columns, C, p + 2 m, p + 2 m], with m = ``cfg.overlap``.
        rows: of cells in the result.
        columns: the same across.
        cfg: how pictures are divided.

    Returns:
        [B, C, rows * p, columns * p].
    """
    if not cfg.overlap:
        return merged(parts, rows, columns)
    grid = parts.reshape(-1, rows, columns, *parts.shape[1:])
    grid = blended(blended(grid, 2, 5, cfg), 1, 4, cfg)
    return merged(grid.flatten(0, 2), rows, columns)


def blended(parts: Tensor, cells: int, pixels: int, cfg: Geometry) -> Tensor:
    """Parts in a row without what reaches over their sides, each blended there with the one before and after it.

    At the middle of the overlap, where two cells meet, both count the same; a part fades to nothing towards its end.
    The first part has none before it, and the last none after.

    Args:
        parts: any dimensions.
        cells: the dimension that counts the parts.
        pixels: the dimension along which they meet, of length p + 2 m, m = ``cfg.overlap``.
        cfg: how pictures are divided.

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
    """The macro piece of each picture at its own place: [B, C, H, W], [B], [B] -> [B, C, S, S].

    Around a cylinder, what goes over the right edge comes in at the left.
    """
    device = pictures.device
    along = torch.arange(cfg.macro, device=device)
    down = (row.long() * cfg.micro)[:, None] + along
    across = torch.remainder((column.long() * cfg.micro)[:, None] + along, pictures.shape[3])
    batch = torch.arange(len(pictures), device=device)[:, None, None]
    return pictures.permute(0, 2, 3, 1)[batch, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2).contiguous()
