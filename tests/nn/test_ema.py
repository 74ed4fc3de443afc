"""Exponential moving average of parameters and buffers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from calotype.nn.ema import ExponentialMovingAverage
from calotype.nn.spectral import estimate_again, spectral_norm
from calotype.run import Run


def pair():
    source, average = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    return source, average


def test_the_average_follows_parameters_and_buffers_and_copies_counters():
    source, average = pair()
    ema = ExponentialMovingAverage(average, 0.9)
    with torch.no_grad():
        source.weight.fill_(3.0)
        source.running_mean.fill_(-1.0)
        source.num_batches_tracked.fill_(7)
    ema.update(source)
    ema.update(source)
    # From 1 towards 3: 3 - 2 * 0.9^2 = 1.38; from 0 towards -1: -(1 - 0.81) = -0.19.
    assert average.weight.tolist() == pytest.approx([1.38, 1.38])
    assert average.running_mean.tolist() == pytest.approx([-0.19, -0.19])
    assert average.num_batches_tracked == 7
    assert not average.training
    assert not average.weight.requires_grad


def test_the_decay_warms_up():
    source, average = pair()
    ema = ExponentialMovingAverage(average, 0.5, warmup=10)
    found = []
    for _ in range(9):
        found.append(ema.current_decay())
        ema.update(source)
    assert found == pytest.approx([0.1, 2 / 11, 3 / 12, 4 / 13, 5 / 14, 6 / 15, 7 / 16, 8 / 17, 0.5])


def test_it_is_saved_and_restored_with_a_run(tmp_path):
    source, average = pair()
    ema = ExponentialMovingAverage(average, 0.9, warmup=10)
    for _ in Run(tmp_path).steps(3, {"average": ema}):
        source.weight.data.add_(1)
        ema.update(source)
    again = ExponentialMovingAverage(nn.BatchNorm1d(2), 0.9, warmup=10)
    assert Run(tmp_path).restored(3, {"average": again}) == 3
    assert again.updates == 3
    assert torch.equal(again.module.weight, average.weight)
    again.copy_from(source)
    assert (again.updates, again.module.weight.tolist()) == (0, source.weight.tolist())


def test_unit_vectors_of_spectral_normalisation_are_copied_and_estimated_again():
    torch.manual_seed(0)
    source = spectral_norm(nn.Linear(6, 5))
    ema = ExponentialMovingAverage(spectral_norm(nn.Linear(6, 5)), 0.9)
    for _ in range(20):
        with torch.no_grad():
            source.parametrizations.weight.original.copy_(torch.randn(5, 6))
        source(torch.zeros(1, 6))
        ema.update(source)
    mine, theirs = (each.parametrizations.weight[0] for each in (ema.module, source))
    assert torch.equal(mine._u, theirs._u)
    assert torch.equal(mine._v, theirs._v)
    assert torch.linalg.matrix_norm(ema.module.weight, 2) > 1.5  # these vectors are of other weights
    estimate_again(ema.module)
    assert float(torch.linalg.matrix_norm(ema.module.weight, 2)) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("decay", "warmup"), [(1.0, 0), (-0.1, 0), (0.9, -1)])
def test_values_out_of_range_are_refused(decay, warmup):
    with pytest.raises(ValueError, match="at least 0"):
        ExponentialMovingAverage(nn.Linear(1, 1), decay, warmup=warmup)
