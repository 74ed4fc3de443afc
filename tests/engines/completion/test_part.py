"""Descriptors of the parts of a photo near the matches: equal to those of the whole there, forbidden elsewhere."""

from __future__ import annotations

import pytest
import torch

from calotype.engines.completion import PRESETS, fill, search
from calotype.engines.completion.part import MARGIN, SIDE, rows_near, squares
from calotype.image.patches import principal_filters
from calotype.matching.field import FORBIDDEN, Grid, key_rows, products, query_rows
from calotype.run import Run

ROWS, COLUMNS = 90, 75


def grid() -> Grid:
    photo = torch.rand(1, 3, ROWS + 6, COLUMNS + 6, generator=torch.Generator().manual_seed(0)) - 0.5
    forbidden = torch.zeros(ROWS, COLUMNS, dtype=torch.bool)
    forbidden[40:50, 30:40] = True
    position = torch.rand(ROWS, COLUMNS, 2, generator=torch.Generator().manual_seed(1))
    return Grid(photo, principal_filters(photo, 7, 12), forbidden, position=position)


def test_scores_near_the_matches_are_those_of_all_rows() -> None:
    source = grid()
    whole, part = key_rows(source), rows_near(source, torch.tensor([5 * COLUMNS + 5, 88 * COLUMNS + 70]))
    queries = query_rows(source.describe(0, ROWS))[:20]
    near = torch.tensor([[0, 9 * COLUMNS + 3, 89 * COLUMNS + 74, 60 * COLUMNS + 44]]).expand(20, 4)
    torch.testing.assert_close(products(queries, part, near), products(queries, whole, near))
    elsewhere = torch.tensor([[45 * COLUMNS + 20, 45 * COLUMNS + 35]]).expand(20, 2)
    assert bool((products(queries, part, elsewhere) == FORBIDDEN).all())
    assert len(part) == ROWS * COLUMNS
    assert len(part.rows) == 2 * SIDE**2 + 1


@pytest.mark.parametrize("place", [(0, 0), (SIDE - 1, SIDE), (ROWS - 1, COLUMNS - 1)])
def test_squares_contain_what_is_near_a_match(place: tuple[int, int]) -> None:
    corners = squares(torch.tensor([place[0] * COLUMNS + place[1]]), (ROWS, COLUMNS))
    assert bool((corners >= 0).all())
    assert bool((corners + SIDE <= torch.tensor([ROWS, COLUMNS])).all())
    for down in (-MARGIN, 0, MARGIN):
        for across in (-MARGIN, 0, MARGIN):
            at = torch.tensor([min(max(place[0] + down, 0), ROWS - 1), min(max(place[1] + across, 0), COLUMNS - 1)])
            assert bool(((corners <= at) & (at < corners + SIDE)).all(1).any())


def test_a_large_level_is_filled_from_near_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A periodic photo is completed exactly as well from a part of its patches as from all."""
    row = torch.sin(torch.arange(120) * (2 * torch.pi / 15)) * 0.8
    photo = (row[:, None] * row[None]).expand(1, 3, 120, 120).contiguous()
    hole = torch.zeros(1, 1, 120, 120)
    hole[..., 40:80, 40:80] = 1
    counted = []
    monkeypatch.setattr(search, "WHOLE", 1000)
    monkeypatch.setattr(search, "rows_near", lambda *given: counted.append(rows_near(*given)) or counted[-1])
    made = fill([photo], PRESETS["fast"], Run(), hole=hole, seed=0)
    assert counted
    assert float((made - photo).abs().mean()) < 0.02
