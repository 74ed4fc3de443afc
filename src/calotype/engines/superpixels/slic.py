"""SLIC superpixels."""

from __future__ import annotations

import torch
from torch import Tensor


def superpixels(values: Tensor, count: int, compactness: float, rounds: int = 10) -> Tensor:
    """SLIC (Achanta et al., PAMI 2012): k-means of colour and position, restricted to the nine nearest centres.

    Args:
        values: [1, C, H, W], pixel features; distances of about 10 are clear differences, as in L*a*b*.
        count: approximate number of superpixels, initialised on a grid.
        compactness: weight of the position: the difference in ``values`` that equals the distance between two centres.
        rounds: k-means iterations.

    Returns:
        int64 [H, W], indices 0 .. N - 1, in the row-major order of the grid; some indices may have no pixels.
    """
    height, width = values.shape[2:]
    step = max(1.0, (height * width / count) ** 0.5)
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    place = torch.stack([y, x]).to(values) * (compactness / step)
    pixels = torch.cat([values[0], place]).flatten(1).T
    initial = _initial_cells((height, width), (rows, columns))
    candidates = _candidate_cells(initial, (rows, columns)).to(values.device)
    found = (initial[0] * columns + initial[1]).flatten().to(values.device)
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
    """The mean [count, D] of the ``rows`` [N, D] of each of ``groups`` [N]; 0 for empty groups."""
    total = torch.zeros(count, rows.shape[1], dtype=rows.dtype, device=rows.device).index_add_(0, groups, rows)
    found: Tensor = total / torch.bincount(groups, minlength=count).clamp(min=1)[:, None]
    return found


def _initial_cells(size: tuple[int, int], grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel's initial grid cell: [H, W] each."""
    y = (torch.arange(size[0]) * grid[0]) // size[0]
    x = (torch.arange(size[1]) * grid[1]) // size[1]
    return y[:, None].expand(size), x[None].expand(size)


def _candidate_cells(initial: tuple[Tensor, Tensor], grid: tuple[int, int]) -> Tensor:
    """The grid cell of each pixel and its eight neighbours, clamped to the grid: int64 [9, H * W]."""
    found = []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = (initial[0] + dy).clamp(0, grid[0] - 1), (initial[1] + dx).clamp(0, grid[1] - 1)
            found.append((y * grid[1] + x).flatten())
    return torch.stack(found)


def borders(pieces: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Pairs of adjacent superpixels, int64 [E, 2], each once, and the lengths of their borders in pixels [E]."""
    flat = torch.cat([_pairs(pieces[:, :-1], pieces[:, 1:]), _pairs(pieces[:-1], pieces[1:])])
    codes, lengths = torch.unique(flat[:, 0] * count + flat[:, 1], return_counts=True)
    return torch.stack([codes // count, codes % count], 1), lengths


def _pairs(one: Tensor, other: Tensor) -> Tensor:
    differ = one != other
    both = torch.stack([one[differ], other[differ]], 1)
    return torch.stack([both.amin(1), both.amax(1)], 1)
