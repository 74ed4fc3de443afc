"""PatchMatch: what neighbours propose, and how fast a good match spreads."""

import pytest
import torch

from calotype.image.patches import principal_filters
from calotype.matching.field import Grid
from calotype.matching.patchmatch import CROSS, improve, proposals


@pytest.mark.parametrize(("start", "stop"), [(0, 60), (0, 20), (20, 40), (40, 60), (0, 10), (50, 60)])
@pytest.mark.parametrize("step", [1, 3])
def test_a_neighbour_proposes_its_match_shifted_back(start, stop, step):
    columns, target_columns = 10, 13
    field = torch.randperm(60, generator=torch.Generator().manual_seed(0))
    found = proposals(field, columns, target_columns, start, stop, step)
    for (dy, dx), candidates in zip(CROSS, found):
        for i in range(start, stop):
            neighbour = min(max(i + (dy * columns + dx) * step, 0), 59)
            assert candidates[i - start] == field[neighbour] - (dy * target_columns + dx) * step


@pytest.mark.parametrize("corner", [(0, 0), (25, 25)])
def test_one_good_match_spreads_over_a_picture_that_is_one_strip(corner):
    picture = torch.randn(1, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    grid = Grid(picture, principal_filters(picture, 3, 27))
    rows, columns = grid.shape
    right = torch.arange(rows * columns)
    field = torch.full_like(right, rows * columns // 2)
    seed = corner[0] * columns + corner[1]
    field[seed] = seed
    found, score = improve(grid, grid, None, field, None, 26, torch.Generator().manual_seed(1), radius=1)
    assert (found == right).float().mean() > 0.98
    assert score[found == right].max() < 1e-4
