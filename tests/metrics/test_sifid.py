"""The single-image Frechet distance."""

from __future__ import annotations

import os

import numpy as np
import pytest
import scipy.linalg
import torch

from calotype.errors import InputError
from calotype.metrics.frechet import frechet
from calotype.metrics.sifid import moments, sifid
from calotype.nn.features import inception_stem


def picture(height=48, width=64, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class Pixels:
    name = "pixels"

    def __call__(self, pictures):
        return pictures


def covariance(rng, size, rank):
    factor = rng.standard_normal((size, rank))
    return factor @ factor.T / rank


def test_diagonal_gaussians_have_a_closed_form():
    mu1, mu2 = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 1.0, 0.0])
    v1, v2 = torch.tensor([1.0, 4.0, 0.0]), torch.tensor([4.0, 1.0, 9.0])
    # 1 + 0 + 4, and the squared differences of the standard deviations: 1 + 1 + 9
    assert frechet(mu1, v1.diag(), mu2, v2.diag()) == pytest.approx(16)


def test_equals_the_formula_with_sqrtm():
    rng = np.random.default_rng(0)
    s1, s2 = covariance(rng, 12, 30), covariance(rng, 12, 30)
    mu1, mu2 = rng.standard_normal(12), rng.standard_normal(12)
    root = scipy.linalg.sqrtm(s1 @ s2)
    expected = ((mu1 - mu2) ** 2).sum() + np.trace(s1 + s2 - 2 * np.real(root))
    got = frechet(*(torch.from_numpy(a) for a in (mu1, s1, mu2, s2)))
    assert got == pytest.approx(expected, rel=1e-9)


def test_singular_covariances_are_exact():
    rng = np.random.default_rng(1)
    s = torch.from_numpy(covariance(rng, 30, 4))
    zero = torch.zeros(30)
    assert frechet(zero, s, zero, s) == pytest.approx(0, abs=1e-9)
    assert frechet(zero, s, zero, 4 * s) == pytest.approx(s.trace().item(), rel=1e-9)  # (2 - 1)^2 tr(s)


def test_moments_are_those_of_numpy():
    mean, cov = moments(picture(), Pixels())
    samples = picture()[0].flatten(1).double().numpy()
    np.testing.assert_allclose(mean, samples.mean(1))
    np.testing.assert_allclose(cov, np.cov(samples))


def test_zero_for_equal_symmetric_and_growing():
    real, other = picture(), picture(60, 52, seed=1) * 0.7
    assert sifid(real, real) == pytest.approx(0, abs=1e-9)
    assert sifid(real, other) == pytest.approx(sifid(other, real), rel=1e-9)
    assert 0 < sifid(real, other) < sifid(real, other * 0.3)


def test_alpha_is_not_looked_at():
    real = picture()
    assert sifid(torch.cat([real, -real[:, :1]], 1), real) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (2, 3, 48, 48), (1, 1, 48, 48), (3, 48, 48)])
def test_what_cannot_be_measured_is_said(shape):
    with pytest.raises(InputError):
        sifid(picture(), torch.zeros(shape))


@pytest.mark.skipif(not os.environ.get("CALOTYPE_WEIGHTS"), reason="CALOTYPE_WEIGHTS names no folder of weights")
def test_with_inception():
    stem = inception_stem()
    assert sifid(picture(), picture(), stem) == pytest.approx(0, abs=1e-6)
    assert sifid(picture(), picture(seed=1) * 0.5, stem) > 1
