"""Matches that the guide does not want are looked for among all patches."""

import torch

from calotype.image.patches import principal_filters
from calotype.matching.field import Grid, rematch_worst
from calotype.matching.refine import contradicts_guide


def grids() -> tuple[Grid, Grid]:
    noise = torch.Generator().manual_seed(0)
    key = torch.rand(1, 3, 24, 30, generator=noise)
    query = key.flip(3).contiguous()
    filters = principal_filters(key, 3, 27)
    return Grid(query, filters), Grid(key, filters)


def test_wrong_matches_become_the_best_there_are_and_others_stay() -> None:
    query, key = grids()
    rows, columns = query.shape
    query = Grid(key.picture, key.filters)
    field = torch.zeros(rows * columns, dtype=torch.int64)
    wrong = torch.zeros(rows * columns, dtype=torch.bool)
    wrong[torch.tensor([5, 200, 600])] = True
    found = rematch_worst(query, key, field, wrong, pairs=10**7)
    assert found[wrong].tolist() == [5, 200, 600]
    assert (found[~wrong] == 0).all()
    assert (field == 0).all()


def test_no_more_pairs_are_compared_than_allowed() -> None:
    query, key = grids()
    field = torch.zeros(len(query), dtype=torch.int64)
    every = torch.ones(len(query), dtype=torch.bool)
    assert ((rematch_worst(query, key, field, every, pairs=3 * len(key)) != 0).sum()) <= 3
    assert torch.equal(rematch_worst(query, key, field, every, pairs=0), field)


def test_a_match_is_wrong_where_its_middle_has_another_label() -> None:
    lent = torch.zeros(1, 2, 12, 12)
    lent[:, 0], lent[:, 1, 4:7, 4:7] = 1, 1
    lent[:, 0, 4:7, 4:7] = 0
    asked = lent.flip(3).contiguous()
    columns = 10
    same_place = torch.arange(100)
    wrong = contradicts_guide(asked, lent, same_place, 3).view(10, columns)
    # Of patches of three pixels the first has its middle at pixel 1. Labels differ where one map alone has the square.
    expected = (asked != lent).any(1)[0, 1:-1, 1:-1]
    assert torch.equal(wrong, expected)
    assert wrong.any()
