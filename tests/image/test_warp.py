"""Larger sizes of pictures by a smooth warp."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from calotype.image.warp import edges, importance, placed, warped


def noise(height=60, width=80, strength=0.2):
    return strength * torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def with_square():
    """Noise with one red square of 20 pixels."""
    picture = noise()
    picture[:, :, 20:40, 30:50] = torch.tensor([0.9, -0.9, -0.9])[:, None, None]
    return picture.clamp(-1, 1)


def red(picture):
    return (picture[0, 0] > 0) & (picture[0, 1] < -0.45)


def test_borders_are_the_least_squares_solution():
    chance = np.random.default_rng(0)
    important, straight = chance.random((4, 6)) + 0.1, chance.random((4, 7))
    found = placed(important, straight, 9.0)
    joined = 60.0 + 1500.0 * np.minimum(straight[1:], straight[:-1])
    rows, right = [], []
    for y in range(4):
        for x in range(6):
            row = np.zeros((4, 7))
            row[y, x + 1], row[y, x] = 1, -1
            rows.append(np.sqrt(important[y, x]) * row)
            right.append(np.sqrt(important[y, x]))
    for y in range(3):
        for x in range(7):
            row = np.zeros((4, 7))
            row[y + 1, x], row[y, x] = 1, -1
            rows.append(np.sqrt(joined[y, x]) * row)
            right.append(0.0)
    known = np.zeros((4, 7))
    known[:, 6] = 9
    system, target = np.array(rows), np.array(right) - np.array(rows).reshape(-1, 28) @ known.ravel()
    inner = [7 * y + x for y in range(4) for x in range(1, 6)]
    solution = np.linalg.lstsq(system.reshape(-1, 28)[:, inner], target, rcond=None)[0]
    np.testing.assert_allclose(found[:, 1:6], solution.reshape(4, 5), atol=1e-4)
    assert (found[:, 0] == 0).all()
    assert (found[:, 6] == 9).all()


@pytest.mark.parametrize("factor", [1.25, 1.5])
def test_what_is_distinct_keeps_its_width_and_all_else_is_stretched(factor):
    picture = with_square()
    made = warped(picture, (60, round(80 * factor)))
    assert 19.5 < red(made)[22:38].sum(1).float().mean() < 23  # evenly stretched it would be 25 or 30


def test_the_importance_of_a_thing_reaches_its_rim():
    important = importance(with_square()[0].double())
    assert important[20:40, 30:50].min() > 5 * important[:, :20].mean()


def test_straight_lines_stay_straight():
    picture = with_square()
    picture[:, :, :, 60:62] = 1
    made = warped(picture, (60, 120))
    bright = made[0].mean(0) * torch.arange(120.0).gt(80)
    places = bright.argmax(1)
    assert places.max() - places.min() <= 1


def test_a_texture_is_stretched_evenly():
    texture = noise()[0].double()
    borders = placed(importance(texture).numpy(), edges(texture).numpy(), 120.0)
    assert np.abs(borders - np.linspace(0, 120, 81)).max() < 3


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (1, 1, 2, 3), (1, 4, 30, 7)])
def test_any_picture_has_the_size_that_was_asked_for(shape):
    picture = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    made = warped(picture, (shape[2] + 5, shape[3] + 9))
    assert made.shape == (1, shape[1], shape[2] + 5, shape[3] + 9)
    assert made.isfinite().all()
    assert made.abs().max() <= 1


def test_the_same_size_changes_nothing_and_height_is_like_width():
    picture = with_square()
    assert torch.equal(warped(picture, (60, 80)), picture)
    turned = warped(picture.transpose(2, 3).contiguous(), (120, 60))
    assert torch.allclose(warped(picture, (60, 120)), turned.transpose(2, 3), atol=1e-5)
