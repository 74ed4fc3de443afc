"""The multiplier and the weight of the bottleneck, with made-up estimates; and the Gaussian codes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.losses.gaussian import Gaussian, parameters_of
from calotype.models import disentangle
from calotype.models.disentangle.controllers import Controllers

CFG = replace(disentangle.PRESETS["tiny"], warm_up=0)


def followed(steps, information, unopposed, cfg=CFG):
    made = Controllers(cfg)
    for i in range(steps):
        made.follow(torch.tensor(float(information)), torch.tensor(float(unopposed)), i)
    return made


def test_the_multiplier_grows_with_what_is_above_the_threshold_and_returns_to_zero():
    made = followed(20, 0.5, 0.5)
    assert float(made.multiplier) == pytest.approx(20 * 0.1 * (0.5 - 0.1), rel=1e-5)
    for i in range(2000):
        made.follow(torch.zeros(()), torch.zeros(()), i)
    assert float(made.multiplier) == 0


def test_the_bottleneck_grows_where_the_unopposed_estimate_finds_more():
    grown = followed(50, 0.0, 1.0)
    assert float(grown.gamma) == pytest.approx(1.0 + 50 * 0.01 * (1.0 - 0.01), rel=1e-4)
    fallen = followed(50, 0.3, 0.3)
    assert float(fallen.gamma) == pytest.approx(1.0 - 50 * 0.01 * 0.01, rel=1e-4)
    assert float(followed(10, 1.0, 0.2).gamma) < 1  # an opposed estimate that finds more is no excess
    assert float(followed(3, 0.0, 50.0).gamma) == pytest.approx(1.0 + 3 * 0.01 * (10 - 0.01), rel=1e-4)
    assert float(followed(500, 0.0, 0.0, replace(CFG, gamma=0.01)).gamma) == 0


def test_nothing_moves_before_the_warm_up_ends_or_where_it_is_switched_off():
    early = followed(5, 1.0, 3.0, replace(CFG, warm_up=10))
    assert (float(early.multiplier), float(early.gamma)) == (0, 1)
    assert early.averages().tolist() == pytest.approx([1.0, 3.0], rel=1e-4)
    fixed = followed(5, 1.0, 3.0, replace(CFG, bottleneck="fixed", constraint=False))
    assert (float(fixed.multiplier), float(fixed.gamma)) == (0, 1)
    assert float(fixed.slope(torch.tensor(5.0), 100)) == 0


@pytest.mark.parametrize("multiplier", [0.0, 0.02, 3.0])
@pytest.mark.parametrize("information", [-0.4, 0.05, 0.1, 0.9])
def test_the_slope_is_the_derivative_of_the_augmented_lagrangian(multiplier, information):
    made = Controllers(CFG)
    made.multiplier.fill_(multiplier)
    found = torch.tensor(information, requires_grad=True)
    c = found - CFG.epsilon
    active = (multiplier + CFG.multiplier_rate * float(c.detach())) >= 0
    loss = active * (multiplier * c + CFG.multiplier_rate / 2 * c**2)
    loss.backward()
    assert float(made.slope(found.detach(), 0)) == pytest.approx(float(found.grad), abs=1e-7)


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_codes_have_the_covariance_and_divergence_that_they_say(covariance):
    torch.manual_seed(0)
    length = 3
    raw = torch.randn(1, parameters_of(length, covariance))
    found = Gaussian.of(raw, length, covariance)
    matrix = torch.diag(found.log_deviation[0].exp())
    if covariance == "full":
        matrix = matrix + found.below[0]
        assert torch.equal(found.below[0], found.below[0].tril(-1))
        assert float(found.below[0, 1, 0]) == pytest.approx(float(raw[0, 6]) / 2**0.5, rel=1e-5)
    truth = torch.distributions.MultivariateNormal(found.mean[0], scale_tril=matrix)
    prior = torch.distributions.MultivariateNormal(torch.zeros(length), torch.eye(length))
    assert float(found.kl()) == pytest.approx(float(torch.distributions.kl_divergence(truth, prior)), rel=1e-5)
    noise = torch.randn(1, length)
    torch.testing.assert_close(found.sample(noise)[0], found.mean[0] + matrix @ noise[0])
