"""Sizes of pictures changed by seams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from calotype.image.seams import repeated, seam, with_seams, without


def left_by(pixels, extra, columns):
    """The cost of a seam by its definition: the differences of the pixels that become neighbours without it."""
    width = pixels.shape[2]
    total = 0.0
    for row, column in enumerate(columns):
        left, right = pixels[:, row, max(0, column - 1)], pixels[:, row, min(width - 1, column + 1)]
        total += np.abs(right - left).sum() + extra[row, column]
        if row and columns[row - 1] == column - 1:
            total += np.abs(pixels[:, row - 1, column] - left).sum()
        if row and columns[row - 1] == column + 1:
            total += np.abs(pixels[:, row - 1, column] - right).sum()
    return total


@pytest.mark.parametrize("seed", range(5))
def test_a_seam_is_the_cheapest_of_all_connected_ones(seed):
    chance = np.random.default_rng(seed)
    pixels, extra = chance.normal(size=(3, 5, 5)), chance.random((5, 5))
    connected = [
        columns
        for columns in itertools.product(range(5), repeat=5)
        if all(abs(one - other) <= 1 for one, other in itertools.pairwise(columns))
    ]
    best = min(connected, key=lambda columns: left_by(pixels, extra, columns))
    assert seam(pixels, extra).tolist() == list(best)


def band():
    """Noise with columns 10 to 19 of one colour."""
    pixels = np.random.default_rng(0).normal(size=(3, 12, 30))
    pixels[:, :, 10:20] = 0
    return pixels


@pytest.mark.parametrize("count", [1, 5, 40])
def test_what_is_alike_is_repeated_and_all_of_the_source_is_kept(count):
    columns = repeated(band(), count)
    assert columns.shape == (12, 30 + count)
    for row in columns:
        assert (np.diff(row) >= 0).all()
        assert set(row) == set(range(30))
        outside = [(row == column).sum() for column in [*range(10), *range(20, 30)]]
        if count < 40:  # more than what the flat part takes in two rounds
            assert max(outside) == 1


def test_what_is_alike_is_removed():
    columns = without(band(), 6)
    assert columns.shape == (12, 24)
    for row in columns:
        assert (np.diff(row) > 0).all()
        assert {*range(10), *range(20, 30)} <= set(row)


def test_no_seams_change_nothing():
    picture = torch.rand(1, 3, 20, 30) * 2 - 1
    assert torch.equal(with_seams(picture, (20, 30)), picture)
    assert repeated(band(), 0).tolist() == [list(range(30))] * 12


@pytest.mark.parametrize("size", [(20, 45), (30, 30), (31, 47), (14, 40), (40, 20), (10, 15), (1, 1), (20, 300)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_size(size, channels):
    picture = torch.rand(1, channels, 20, 30, generator=torch.Generator().manual_seed(0)) * 2 - 1
    made = with_seams(picture, size)
    assert made.shape == (1, channels, *size)
    assert made.abs().max() <= 1


def test_a_thing_keeps_its_width_in_a_larger_picture():
    picture = torch.zeros(1, 3, 40, 60)
    picture[:, 0, 10:30, 25:35] = 1.0
    made = with_seams(picture, (40, 90))
    widths = (made[0, 0, 12:28] > 0.5).sum(1)
    assert widths.min() >= 9
    assert widths.max() <= 11


def test_pictures_larger_than_the_copy_that_is_searched():
    picture = torch.zeros(1, 3, 200, 400)
    picture[:, 0, 50:150, 150:250] = 1.0
    made = with_seams(picture, (200, 600))
    widths = (made[0, 0, 60:140] > 0.5).sum(1)
    assert made.shape == (1, 3, 200, 600)
    assert widths.float().mean() < 115
    assert (made.amax(), made.amin()) == (1, 0)


def test_seams_down_are_those_across_of_the_turned_picture():
    picture = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    turned = with_seams(picture.transpose(2, 3).contiguous(), (45, 20))
    assert torch.equal(with_seams(picture, (20, 45)), turned.transpose(2, 3))
