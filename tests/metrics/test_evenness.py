"""How evenly the columns of a photo are spread in a wider result."""

from __future__ import annotations

import itertools

import pytest
import torch

from calotype.image.resize import resize
from calotype.image.seams import with_seams
from calotype.image.warp import warped
from calotype.metrics.evenness import aligned, unevenness


def photo(height=48, width=64):
    noise = torch.rand(1, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return resize(noise, (height, width)).clamp(-1, 1)


def test_single_columns_that_are_repeated_often_count():
    given = photo()
    streaked = torch.cat([given[..., :32], given[..., 32:33].expand(-1, -1, -1, 64), given[..., 32:]], 3)
    assert unevenness(given, streaked) > 2 * unevenness(given, resize(given, (48, 128)))


def test_a_smooth_warp_is_more_even_than_seams():
    given = photo()
    given[:, :, 12:36, 20:44] = torch.tensor([0.9, -0.9, -0.9])[:, None, None]
    assert unevenness(given, warped(given, (48, 128))) < unevenness(given, with_seams(given, (48, 128)))


def test_the_same_size_has_none_and_height_is_like_width():
    given = photo()
    assert unevenness(given, given) == 0
    wide = resize(given, (48, 96))
    assert unevenness(given.transpose(2, 3), wide.transpose(2, 3)) == pytest.approx(unevenness(given, wide))


def test_an_alignment_is_the_cheapest_of_all():
    cost = torch.rand(1, 4, 3, generator=torch.Generator().manual_seed(3))

    def total(columns):
        found = float(cost[0, 0, columns[0]]) + 0.002 * columns[0]
        for place, (before, here) in enumerate(itertools.pairwise(columns), 1):
            step = here - before
            way = 0.02 * abs(step - 1) if 0 <= step <= 3 else float("inf")
            found += float(cost[0, place, here]) + way
        return found

    cheapest = min(itertools.product(range(3), repeat=4), key=total)
    assert aligned(cost)[0].tolist() == list(cheapest)
