"""Frechet distances of sets, against closed forms and the textbook formula."""

import numpy as np
import pytest
import scipy.linalg
import torch

from calotype.errors import InputError
from calotype.metrics.frechet import Moments, fid, frechet, frechet_of, self_distance
from calotype.nn.embedding import Vectors


def sample(count, dimensions, seed=0, scale=1.0, shift=0.0):
    draw = torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return draw * scale + shift


def vectors(*arguments, features="toy", **more):
    return Vectors(sample(*arguments, **more), features)


def by_sqrtm(a, b):
    s1, s2 = np.cov(a.numpy(), rowvar=False), np.cov(b.numpy(), rowvar=False)
    root = np.real(scipy.linalg.sqrtm(s1 @ s2))
    return ((a.mean(0) - b.mean(0)) ** 2).sum().item() + np.trace(s1 + s2 - 2 * root)


@pytest.mark.parametrize(("n", "m", "d"), [(300, 200, 12), (40, 300, 60), (300, 40, 60), (20, 30, 100)])
def test_both_ways_of_computing_are_the_formula(n, m, d):
    a, b = sample(n, d) @ sample(d, d, seed=5), sample(m, d, seed=1, scale=2.0, shift=0.5)
    moments = frechet(a.mean(0), torch.cov(a.mT), b.mean(0), torch.cov(b.mT))
    # The root of a rounding error of 1e-16 is 1e-8: that is what a singular covariance costs the other way.
    assert frechet_of(a, b) == pytest.approx(moments, rel=1e-9 if min(n, m) > d else 1e-7)
    if min(n, m) > d:  # elsewhere sqrtm of a singular matrix is no reference
        assert frechet_of(a, b) == pytest.approx(by_sqrtm(a, b), rel=1e-9)


def test_a_shift_costs_its_square():
    a = sample(50, 8)
    assert frechet_of(a, a + 3.0) == pytest.approx(8 * 9, rel=1e-9)
    assert frechet_of(a[:5], a[:5] + 3.0) == pytest.approx(8 * 9, rel=1e-9)


def test_a_scaled_set_has_a_closed_form():
    a = sample(400, 6)
    trace = torch.cov(a.mT).trace().item()
    mean = a.mean(0).square().sum().item()
    assert frechet_of(a, 3 * a) == pytest.approx(4 * trace + 4 * mean, rel=1e-9)


def test_identity_symmetry_and_order():
    a, b = sample(30, 50), sample(25, 50, seed=1)
    assert frechet_of(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_of(a, b) == pytest.approx(frechet_of(b, a), rel=1e-9)
    assert frechet_of(a, b.flip(0)) == pytest.approx(frechet_of(a, b), rel=1e-9)
    assert frechet_of(a.new_zeros(4, 2), a.new_zeros(4, 2)) == 0


def test_moments_batch_by_batch_are_those_of_all_at_once():
    a = sample(103, 9, shift=1000.0)  # far from 0, where sums of squares would lose digits
    moments = Moments(9)
    for batch in a.split([1, 40, 0, 2, 60]):
        moments.add(batch)
    assert moments.count == 103
    assert torch.allclose(moments.mean, a.mean(0), rtol=1e-12)
    assert torch.allclose(moments.covariance, torch.cov(a.mT), rtol=1e-9)
    other = Moments(9)
    other.add(a + 1)
    assert moments.distance(other) == pytest.approx(9, rel=1e-9)


def test_more_pictures_bring_equal_distributions_nearer():
    far, near = (self_distance(vectors(n, 4)) for n in (20, 2000))
    assert near < far / 10


def test_fid_of_vectors():
    a, b = vectors(60, 5), vectors(60, 5, seed=1)
    assert fid(a, b) == frechet_of(a.values, b.values)


def test_refusals():
    with pytest.raises(InputError, match="cannot be compared"):
        fid(vectors(9, 3), vectors(9, 3, features="other"))
    with pytest.raises(InputError, match="two pictures"):
        frechet_of(sample(1, 3), sample(9, 3))
    with pytest.raises(InputError, match="two pictures"):
        _ = Moments(3).covariance
    with pytest.raises(InputError, match="too few"):
        self_distance(vectors(3, 2))
