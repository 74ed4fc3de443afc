"""Resampling in strips gives what resampling at once gives."""

from __future__ import annotations

import pytest
import torch

from calotype.image.resize import resize
from calotype.image.resize_rows import RowResize


@pytest.mark.parametrize("to", [(30, 45), (53, 71), (23, 31), (12, 90), (1, 1), (300, 17), (40, 61)])
@pytest.mark.parametrize("rows", [1, 3, 7, 40])
def test_strips_give_what_the_whole_gives(to, rows):
    picture = torch.rand(1, 3, 40, 61, generator=torch.Generator().manual_seed(0)) * 2 - 1
    resized = RowResize((40, 61), to)
    made = torch.cat([resized.feed(part) for part in picture.split(rows, 2)], 2)
    assert made.shape == (1, 3, *to)
    assert (made - resize(picture, to, clamp=False)).abs().max() < 1e-5


def test_one_pixel_and_empty_strips():
    resized = RowResize((1, 1), (5, 3))
    assert resized.feed(torch.zeros(1, 2, 0, 1)).shape == (1, 2, 0, 3)
    assert torch.allclose(resized.feed(torch.full((1, 2, 1, 1), 0.25)), torch.full((1, 2, 5, 3), 0.25))
