"""Displacement of the parts of a photo."""

from __future__ import annotations

import pytest
import torch

from calotype.image.resize import resize
from calotype.metrics.structure import displacement


def scene(places, width=96):
    """A grey picture of 48 pixels height with a distinct square at each place (row, column, number)."""
    picture = torch.zeros(1, 3, 48, width)
    for row, column, number in places:
        inside = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(number)) * 2 - 1
        picture[:, :, row : row + 12, column : column + 12] = inside
    return picture


PHOTO = scene([(6, 10, 1), (24, 40, 2), (10, 76, 3)])


def test_the_photo_itself_has_none():
    assert displacement(PHOTO, PHOTO, longest=96) == 0


def test_a_resized_photo_has_almost_none():
    noise = torch.rand(1, 3, 6, 12, generator=torch.Generator().manual_seed(0)) * 2 - 1
    photo = resize(noise, (48, 96))
    assert displacement(photo, resize(photo, (48, 144)), longest=96) < 0.03


def test_moved_parts_count_by_their_distance():
    far, near = scene([(6, 40, 1), (24, 10, 2), (10, 76, 3)]), scene([(6, 14, 1), (24, 44, 2), (10, 76, 3)])
    assert displacement(PHOTO, far, longest=96) > 3 * displacement(PHOTO, near, longest=96) > 0


def test_a_doubled_part_counts():
    once = scene([(6, 15, 1), (24, 60, 2), (10, 114, 3)], 144)
    twice = scene([(6, 15, 1), (24, 60, 2), (10, 114, 3), (30, 100, 1)], 144)
    assert displacement(PHOTO, twice, longest=96) > 1.3 * displacement(PHOTO, once, longest=96)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (7, 7), (300, 20)])
def test_any_size(size, channels):
    real, fake = torch.rand(1, channels, *size), torch.rand(1, channels, 30, 40)
    assert 0 <= displacement(real, fake) < 2
