"""Probes and mutual information, on codes whose truth is known."""

from __future__ import annotations

import math

import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.information import mutual_information
from calotype.metrics.probes import Probe, logistic_probe, ridge_probe, split
from calotype.metrics.separation import separation, transfer


def codes(count=600, size=6, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_a_linear_factor_is_told_and_an_independent_one_is_not():
    code, learned = codes(), split(600)
    noise = codes(seed=1)
    told = ridge_probe(code, code[:, :2] @ torch.tensor([[1.0, 2.0], [3.0, -1.0]]) + 0.1 * noise[:, :2], learned)
    assert told.score > 0.98
    assert told.low <= told.score <= told.high
    alone = ridge_probe(code, noise[:, :2], learned)
    assert alone.score < 0.05
    assert alone.low < 0.02
    assert (alone.learned, alone.held_out) == (450, 150)


def test_ridge_equals_its_formula_without_regularization():
    code, learned = codes(200, 3), split(200)
    values = code @ torch.tensor([1.0, -2.0, 0.5]) + codes(200, 1, seed=3)[:, 0]
    x = torch.cat([code, torch.ones(200, 1)], 1).double()
    weights = torch.linalg.lstsq(x[learned], values[learned, None].double()).solution
    held, mean = values[~learned].double(), values[learned].double().mean()
    wanted = 1 - (held - (x[~learned] @ weights)[:, 0]).square().sum() / (held - mean).square().sum()
    assert ridge_probe(code, values, learned).score == pytest.approx(float(wanted), abs=5e-3)


def test_classes_are_told_and_chance_is_that_of_the_most_frequent_one():
    code, learned = codes(), split(600)
    classes = (code[:, 0] > 0.8).long() * 7
    told = logistic_probe(code, classes, learned)
    assert told.score > 0.95
    held = classes[~learned]
    assert told.chance == pytest.approx(float((held == 0).float().mean()), abs=1e-6)
    assert told.normalised == pytest.approx((told.score - told.chance) / (1 - told.chance))
    shuffled = logistic_probe(codes(seed=5), classes, learned)
    assert shuffled.score <= shuffled.chance + 0.03
    assert shuffled.normalised < 0.2


def test_groups_are_held_out_as_a_whole():
    groups = torch.arange(8).repeat_interleave(5)
    learned = split(40, groups=groups)
    assert {len(set(learned[groups == k].tolist())) for k in range(8)} == {1}
    assert 0 < int(learned.sum()) < 40


@pytest.mark.parametrize(
    ("probe", "values"), [(ridge_probe, torch.ones(20)), (logistic_probe, torch.ones(20, dtype=torch.long))]
)
def test_what_does_not_vary_is_refused(probe, values):
    with pytest.raises(InputError, match="two"):
        probe(codes(20), values, split(20))


def test_too_few_samples_are_refused():
    with pytest.raises(InputError, match="too few"):
        ridge_probe(codes(3), torch.arange(3.0), torch.tensor([True, True, False]))
    with pytest.raises(InputError, match="too few"):
        mutual_information(codes(8), codes(8))
    with pytest.raises(InputError, match="two or more"):
        split(4, groups=[1, 1, 1, 1])


@pytest.mark.parametrize("correlation", [0.0, 0.8, 0.95])
def test_mutual_information_of_gaussians(correlation):
    a = codes(6000, 1)
    b = correlation * a + math.sqrt(1 - correlation**2) * codes(6000, 1, seed=1)
    found = mutual_information(a, b, steps=500, width=48, blocks=1)
    wanted = -0.5 * math.log(1 - correlation**2)
    assert found.nats == pytest.approx(wanted, abs=0.1 if correlation else 0.03)
    assert found.low < found.nats < found.high


def test_a_few_independent_samples_are_not_taken_for_dependent_ones():
    found = mutual_information(codes(60, 8), codes(60, 8, seed=1), steps=200, width=64)
    assert abs(found.nats) < 0.3


def test_separation_is_one_for_codes_that_tell_their_own_factor_alone():
    def probe(score, chance=0.0):
        return Probe("ridge", score, score, score, chance, 10, 10)

    own = {"pose": "pose", "identity": "identity"}
    apart = {"pose": {"pose": probe(1.0), "identity": probe(0.0)}, "identity": {"pose": probe(0), "identity": probe(1)}}
    both = {"pose": {"pose": probe(1.0), "identity": probe(1.0)}, "identity": {"pose": probe(1), "identity": probe(1)}}
    assert separation(apart, own) == 1
    assert separation(both, own) == 0
    leaky = {**apart, "pose": {"pose": probe(1.0), "identity": probe(0.6, chance=0.2)}}
    assert separation(leaky, own) == pytest.approx(0.75)


def test_transfer_compares_with_the_better_copy():
    wanted = torch.zeros(4, 3, 2, 2)
    made = torch.full_like(wanted, 0.1)
    found = transfer(made, wanted, {"identity": wanted + 0.5, "pose": wanted + 0.2})
    assert found["error"] == pytest.approx(0.01)
    assert found["copies"] == pytest.approx({"identity": 0.25, "pose": 0.04})
    assert found["score"] == pytest.approx(0.75)
    assert found["error_95"] == pytest.approx(0.01)
