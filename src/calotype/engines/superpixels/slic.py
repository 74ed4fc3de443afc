"""Superpixels: a photo cut into small pieces of one colour that keep to its edges."""

from __future__ import annotations

import torch
from torch import Tensor


def superpixels(values: Tensor, count: int, compactness: float, rounds: int = 10) -> Tensor:
    """SLIC (Achanta et al., PAMI 2012): k-means of colour and place, each pixel choosing among nine centres.

    Args:
        values: [1, C, H, W], what pixels are compared by; distances of about 10 being a clear difference, as in L*a*b*.
        count: how many superpixels, about: they begin as a grid.
        compactness: how much the place counts: the difference in ``values`` that weighs as much as the distance between
            two centres.
        rounds: of k-means.

    Returns:
        int64 [H, W], numbers 0 .. N - 1, those of the grid row by row; a number may have no pixel.
    """
    height, width = values.shape[2:]
    step = max(1.0, (height * width / count) ** 0.5)
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([y, x]).to(values) * (compactness / step)
    pixels = torch.cat([values[0], place]).flatten(1).T
    home = _home((height, width), (rows, columns))
    candidates = _around(home, (rows, columns)).to(values.device)
    found = (home[0] * columns + home[1]).flatten().to(values.device)
    for _ in range(rounds):
        centres = means(pixels, found, rows * columns)
        distance = torch.stack([(pixels - centres[near]).square().sum(1) for near in candidates])
        chosen = candidates.gather(0, distance.argmin(0, keepdim=True))[0]
        if torch.equal(chosen, found):
            break
        found = chosen
    pieces: Tensor = found.view(height, width)
    return pieces


def means(rows: Tensor, groups: Tensor, count: int) -> Tensor:
    """The mean [count, D] of the ``rows`` [N, D] of each of ``groups`` [N]; 0 where a group has none."""
    total = torch.zeros(count, rows.shape[1], dtype=rows.dtype, device=rows.device).index_add_(0, groups, rows)
    found: Tensor = total / torch.bincount(groups, minlength=count).clamp(min=1)[:, None]
    return found


def _home(size: tuple[int, int], grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The row and the column of the cell that each pixel begins in: [H, W] both."""
    y = (torch.arange(size[0]) * grid[0]) // size[0]
    x = (torch.arange(size[1]) * grid[1]) // size[1]
    return y[:, None].expand(size), x[None].expand(size)


def _around(home: tuple[Tensor, Tensor], grid: tuple[int, int]) -> Tensor:
    """The cell of each pixel and the eight around it: int64 [9, H * W]; beyond an edge, those at the edge."""
    found = []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = (home[0] + dy).clamp(0, grid[0] - 1), (home[1] + dx).clamp(0, grid[1] - 1)
            found.append((y * grid[1] + x).flatten())
    return torch.stack(found)


def borders(pieces: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Which superpixels touch, and along how many pixels: pairs int64 [E, 2], each once, and lengths [E]."""
    flat = torch.cat([_pairs(pieces[:, :-1], pieces[:, 1:]), _pairs(pieces[:-1], pieces[1:])])
    codes, lengths = torch.unique(flat[:, 0] * count + flat[:, 1], return_counts=True)
    return torch.stack([codes // count, codes % count], 1), lengths


def _pairs(one: Tensor, other: Tensor) -> Tensor:
    differ = one != other
    both = torch.stack([one[differ], other[differ]], 1)
    return torch.stack([both.amin(1), both.amax(1)], 1)
