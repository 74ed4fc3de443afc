"""What changes inside and outside of a class."""

from __future__ import annotations

import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.class_diversity import ClassDiversityMeter, masked

LEFT = torch.zeros(4, 4, dtype=torch.bool)
LEFT[:, :1] = True


def pictures(inside, outside):
    made = torch.zeros(len(inside), 3, 4, 4)
    for picture, a, b in zip(made, inside, outside, strict=True):
        picture[:, LEFT], picture[:, ~LEFT] = a, b
    return made


def test_by_hand():
    meter = ClassDiversityMeter()
    meter.add(3, pictures([0, 0.4], [0, 0.1]), LEFT)
    meter.add(3, pictures([0, 0.2], [0, 0.0]), LEFT)
    meter.add(1, pictures([0, 0.6], [0, 0.2]), LEFT)
    found = meter.result()
    assert found.by_class[3] == (pytest.approx(0.3), pytest.approx(0.05))
    assert found.mcsd == pytest.approx((0.3 + 0.6) / 2)
    assert found.mocd == pytest.approx((0.05 + 0.2) / 2)
    assert found.ratio == pytest.approx(0.125 / 0.45)
    assert (found.classes, found.distance) == (2, "mean absolute difference")


def test_pairs_are_chosen_by_the_seed():
    made = torch.rand(10, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    results = []
    for seed in (0, 0, 1):
        meter = ClassDiversityMeter(seed=seed)
        meter.add(0, made, LEFT)
        results.append(meter.result())
    assert results[0] == results[1]
    assert results[0] != results[2]
    assert results[0].mcsd == pytest.approx(results[2].mcsd, rel=0.3)


def test_another_distance_sees_masked_pictures():
    seen = []

    def distance(one, other):
        seen.append((one, other))
        return 1.0

    meter = ClassDiversityMeter(masked(distance), "mine")
    meter.add(0, pictures([1, 1], [1, -1]), LEFT)
    assert meter.result().distance == "mine"
    assert seen[0][0][..., ~LEFT].abs().max() == 0
    assert seen[1][0][..., LEFT].abs().max() == 0


def test_nothing_to_compare():
    meter = ClassDiversityMeter()
    with pytest.raises(InputError, match="of no pictures"):
        meter.result()
    with pytest.raises(InputError, match="two or more"):
        meter.add(0, torch.zeros(1, 3, 4, 4), LEFT)
    for there in (torch.zeros_like(LEFT), torch.ones_like(LEFT)):
        with pytest.raises(InputError, match="class 0 has no pixel, or all"):
            meter.add(0, torch.zeros(2, 3, 4, 4), there)
