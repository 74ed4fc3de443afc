"""What is announced is what was measured."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from calotype.engines.singan import PRESETS, cost, efforts, training_cost

MEASURED = json.loads((Path(__file__).parents[3] / "benchmarks" / "results" / "singan_speed.json").read_text())
SIZE = tuple(MEASURED["size"])


@pytest.mark.parametrize("row", MEASURED["presets"], ids=lambda row: row["preset"])
def test_every_scale_takes_about_as_long_as_it_was_measured_to(row):
    announced = efforts(SIZE, PRESETS[row["preset"]])
    for seconds, scale in zip(announced, row["scales"], strict=True):
        assert 0.7 < seconds / scale["seconds"] < 1.4


def test_a_picture_takes_about_as_long_as_it_was_measured_to(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: MEASURED["machine"]["cores"])
    for row in MEASURED["presets"]:
        assert 0.5 < cost([SIZE], SIZE, PRESETS[row["preset"]]).seconds / statistics.median(row["sample"]) < 2


def test_memory_is_not_announced_too_low():
    for row in MEASURED["presets"][:1]:
        assert training_cost(SIZE, PRESETS[row["preset"]]).bytes > 0.8 * row["peak_bytes"]


def test_more_work_takes_longer():
    fast = PRESETS["fast"]
    usual = training_cost(SIZE, fast).seconds
    assert training_cost(SIZE, replace(fast, steps=2000)).seconds == pytest.approx(2 * usual)
    assert training_cost(SIZE, replace(fast, colours=5, painted=2)).seconds > usual
    assert cost([SIZE], (1000, 1500), fast).seconds > 10 * cost([SIZE], SIZE, fast).seconds
