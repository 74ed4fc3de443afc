"""Lines: where they are highest across, as far as they go, as wide as asked."""

from __future__ import annotations

import pytest
import torch

from calotype.image.lines import kept, ridges, thickened


def test_a_ridge_is_where_it_is_highest_across():
    x = torch.arange(30.0)
    hill = (-((x - 12.3) ** 2) / 20).exp().expand(1, 1, 20, 30)
    across, along = torch.zeros(1, 1, 20, 30), torch.full((1, 1, 20, 30), torch.pi / 2)
    assert ridges(hill, across)[0, 0].nonzero()[:, 1].unique().tolist() == [12]
    assert not ridges(hill, along).any()


def test_lines_are_followed_from_where_they_are_strong_and_short_ones_dropped():
    thin = torch.zeros(20, 40)
    thin[5, 3:33] = 1
    thin[5, 3] = 5
    thin[12, 3:8] = 5
    thin[17, 3:33] = 1
    assert kept(thin, 4.0, 0.5, 0).sum() == 35
    assert kept(thin, 4.0, 0.5, 6).sum() == 30
    assert kept(thin, 0.6, 0.5, 0).sum() == 65
    assert kept(thin, 4.0, 2.0, 0).sum() == 6
    assert kept(thin, 9.0, 8.0, 0).sum() == 0


@pytest.mark.parametrize("thickness", [1, 2, 3, 6])
def test_thickness(thickness):
    lines = torch.zeros(1, 1, 30, 30)
    lines[0, 0, 15] = 1
    assert thickened(lines, thickness)[0, 0, :, 15].sum() == thickness
