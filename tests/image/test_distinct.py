"""How unlike the rest of a picture its parts are."""

from __future__ import annotations

import pytest
import torch

from calotype.image.distinct import distinctness, foreignness, relative, unlikeness


def noise(height=60, width=80, strength=0.2):
    return strength * torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_distinctness_is_the_mean_of_the_nearest_patches_of_other_columns():
    picture = noise(9, 20)[0].double()
    found = distinctness(picture)
    y, x = 4, 10
    around = picture[:, y - 2 : y + 3, x - 2 : x + 3]
    nearest = sorted(
        min(
            float((around - picture[:, y + dy - 2 : y + dy + 3, other - 2 : other + 3]).square().sum(0).mean())
            for dy in (-2, 0, 2)
        )
        for other in range(2, 18)
        if abs(other - x) >= 6
    )
    # Places nearer to the border than half a patch are left out here, and are farther in this picture.
    assert found[y, x] == pytest.approx(sum(nearest[:3]) / 3, rel=0.2)
    assert distinctness(picture[:, :, :5]).abs().max() == 0


def two_colours(first, last):
    """A plain picture of 60 columns with others from ``first`` to ``last``."""
    picture = torch.zeros(3, 30, 60)
    picture[:, :, first:last] = 0.8
    return picture


def test_few_pixels_of_a_row_are_unlike_it():
    found = unlikeness(two_colours(40, 55))
    assert found[:, 43:52].min() > 2.3
    assert found[:, :37].max() == 0


def test_what_is_like_no_side_is_foreign_even_where_it_fills_the_row():
    found = foreignness(two_colours(10, 50))
    assert found[:, 13:47].min() > 2.3
    assert found[:, :5].max() == 0
    assert found[:, 55:].max() == 0
    assert foreignness(two_colours(10, 60)).max() < 1.5  # it reaches a side


def test_relative_values_are_half_at_a_multiple_of_the_mean():
    values = torch.tensor([0.0, 1.0, 1.0, 2.0])
    assert relative(values, 2.0)[3] == pytest.approx(0.5)
    assert relative(values, 2.0)[0] == 0
    assert relative(torch.zeros(4)).max() == 0
