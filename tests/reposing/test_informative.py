"""Directions of a code that are mostly noise are dropped, and nothing else."""

from __future__ import annotations

import pytest
import torch

from calotype.errors import InputError
from calotype.losses.gaussian import Gaussian
from calotype.models import disentangle, idpose
from calotype.reposing.informative import Informative


def codes(count=4000, length=6, told=2, seed=0):
    """Distributions whose means say something in a few directions, and 0.1 of the noise in the others."""
    generator = torch.Generator().manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(length, length, generator=generator))[0]
    spread = torch.tensor([4.0] * told + [0.1] * (length - told))
    means = torch.randn(count, length, generator=generator) * spread @ turn + 3
    root = torch.linalg.cholesky(turn.T @ turn + 0.1 * torch.eye(length))
    below = torch.tril(root, -1).expand(count, -1, -1)
    return Gaussian(means, root.diagonal().log().expand(count, -1), below), turn


def test_at_first_nothing_is_changed():
    means = torch.randn(5, 6)
    torch.testing.assert_close(Informative(6)(means), means)


def test_directions_below_the_noise_are_set_to_their_average():
    given, turn = codes()
    made = Informative(6)
    made.fit([given], 1.0)
    found = made(given.mean)
    torch.testing.assert_close(made(found), found, atol=1e-4, rtol=0)
    assert torch.linalg.matrix_rank(found - found.mean(0), atol=0.5) == 2
    kept, dropped = ((found - given.mean) @ turn.T).split([2, 4], 1)
    assert float(kept.abs().max()) < 0.2
    assert 0.05 < float(dropped.std()) < 0.2
    torch.testing.assert_close(found.mean(0), given.mean.mean(0), atol=1e-3, rtol=0)


def test_the_best_direction_is_kept_even_where_all_is_noise():
    given, _ = codes(told=0)
    made = Informative(6)
    made.fit(iter([given, given]), 1.0)
    assert round(float(made.kept.trace())) == 1


def test_a_covariance_is_that_of_samples():
    given, _ = codes(count=1)
    noise = torch.randn(20000, 6, generator=torch.Generator().manual_seed(1))
    many = Gaussian(*(each.expand(20000, *each.shape[1:]) for each in (given.mean, given.log_deviation, given.below)))
    torch.testing.assert_close(many.sample(noise).T.cov(), given.covariance()[0], atol=0.05, rtol=0)


def test_noise_that_is_nearly_singular_is_no_obstacle():
    generator = torch.Generator().manual_seed(0)
    below = torch.tril(100 * torch.randn(16, 16, generator=generator), -1).expand(64, -1, -1)
    means = torch.randn(64, 16, generator=generator)
    made = Informative(16)
    made.fit([Gaussian(means, torch.full((64, 16), -3.0), below)], 1.0)
    assert made.kept.isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_codes_that_are_not_finite_are_named(value):
    given, _ = codes(count=8)
    given.mean[0, 0] = value
    with pytest.raises(InputError, match="training diverged"):
        Informative(6).fit([given], 1.0)


def test_models_saved_earlier_drop_nothing():
    made = torch.nn.Sequential(torch.nn.Linear(2, 6), Informative(6))
    made.load_state_dict({"0.weight": torch.zeros(6, 2), "0.bias": torch.ones(6)})
    torch.testing.assert_close(made(torch.zeros(1, 2)), torch.ones(1, 6))


@pytest.mark.parametrize("system", [disentangle, idpose])
def test_models_without_the_setting_open_as_what_they_are(system):
    assert system.Config().least_signal == system.PRESETS["paper"].least_signal == 0
    assert system.PRESETS["small"].least_signal == system.PRESETS["study"].least_signal == 1
