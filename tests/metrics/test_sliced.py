"""The sliced Wasserstein distance."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F

from calotype.errors import InputError
from calotype.metrics.sliced import quantile_distance, sliced, unit_directions


def picture(height=40, width=56, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_zero_for_equal_and_symmetric():
    a, b = picture(), picture(seed=1) * 0.5
    assert sliced(a, a) == 0
    assert sliced(a, b) == pytest.approx(sliced(b, a))
    assert sliced(a, b) > 0.1


@pytest.mark.parametrize("count", [1, 4])
def test_equals_scipy_direction_by_direction(count):
    a, b = picture(), picture(seed=1) * 0.5 + 0.2
    directions = unit_directions(count, 147, 0).double().numpy()
    patches = [F.unfold(p, 7)[0].double().numpy() for p in (a, b)]
    expected = np.mean([scipy.stats.wasserstein_distance(d @ patches[0], d @ patches[1]) for d in directions])
    assert sliced(a, b, projections=count) == pytest.approx(expected, rel=1e-4)


def test_where_patches_lie_does_not_matter():
    # On a torus of one period, any cyclic shift shows the same patches.
    tile = picture(16, 16)
    real = tile.repeat(1, 1, 3, 3)[..., : 16 + 6, : 16 + 6]
    moved = tile.roll((5, 9), (2, 3)).repeat(1, 1, 3, 3)[..., : 16 + 6, : 16 + 6]
    assert sliced(real, moved) == pytest.approx(0, abs=1e-6)
    assert sliced(real, moved.flip(3)) > 1e-3


def test_order_of_values_does_not_matter_and_counts_may_differ():
    values = torch.randn(3, 501, generator=torch.Generator().manual_seed(0))
    shuffled = values[:, torch.randperm(501, generator=torch.Generator().manual_seed(1))]
    assert quantile_distance(values, shuffled).max() == 0
    doubled = torch.cat([values, values], 1)
    assert quantile_distance(values, doubled).max() < 0.02
    for a, b, got in zip(values, doubled + 1, quantile_distance(values, doubled + 1)):
        assert got == pytest.approx(scipy.stats.wasserstein_distance(a, b), abs=0.02)


def test_sizes_may_differ():
    tile = picture(24, 24)
    once, twice = tile.repeat(1, 1, 2, 2), tile.repeat(1, 1, 2, 4)
    assert sliced(once, twice) < 0.02 * sliced(once, -0.5 * twice) + 0.02


def test_scales_are_averaged():
    a, b = picture(), picture(seed=1) * 0.5
    small = [F.interpolate(p, size=(20, 28), mode="bilinear", antialias=True) for p in (a, b)]
    assert sliced(a, b, scales=2) == pytest.approx((sliced(a, b) + sliced(*small)) / 2)


def test_directions_are_frozen():
    directions = unit_directions(2, 3, 0)
    np.testing.assert_allclose(directions.norm(dim=1), 1, rtol=1e-6)
    first = np.array([1.764052345967664, 0.4001572083672233, 0.9787379841057392])
    np.testing.assert_allclose(directions[0], first / np.linalg.norm(first), rtol=1e-6)


def test_too_small_is_said():
    with pytest.raises(InputError, match="fewer scales"):
        sliced(picture(), picture(), scales=4)
