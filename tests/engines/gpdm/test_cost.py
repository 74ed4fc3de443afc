"""What is announced is what was measured."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calotype.engines import gpdm
from calotype.tasks.stylize import StylizeJob

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"
MEASURED = [
    row for name in ("gpdm_ablation.json", "gpdm_250.json") for row in json.loads((RESULTS / name).read_text())["rows"]
]
FAST, PAPER = gpdm.PRESETS["fast"], gpdm.PRESETS["paper"]


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_a_picture_takes_about_as_long_as_it_was_measured_to(preset: str) -> None:
    rows = [row for row in MEASURED if row["variant"] == preset]
    assert rows
    for row in rows:
        size = tuple(row["size"])
        announced = gpdm.cost([size], size, gpdm.PRESETS[preset], cores=1)
        assert row["seconds"] / 2 < announced.seconds < row["seconds"] * 2


def test_more_work_takes_longer() -> None:
    def seconds(side: int, cfg: gpdm.Config) -> float:
        return gpdm.cost([(side, side)], (side, side), cfg, cores=1).seconds

    assert seconds(250, PAPER) > 8 * seconds(250, FAST)
    assert seconds(500, PAPER) > 3 * seconds(250, PAPER)
    assert seconds(250, replace(PAPER, steps=100)) == pytest.approx(seconds(250, PAPER) / 3)
    assert seconds(250, replace(PAPER, fine_projections=16)) < 0.6 * seconds(250, PAPER)
    assert seconds(1000, FAST) > 2 * seconds(250, FAST)


def test_more_photos_take_longer_and_more_memory() -> None:
    one = gpdm.cost([(500, 500)], (500, 500), PAPER)
    two = gpdm.cost([(500, 500), (500, 500)], (500, 500), PAPER)
    assert two.seconds > one.seconds
    assert two.bytes > one.bytes


def test_a_picture_that_is_handed_in_is_matched_up_to_full_size() -> None:
    """And that is what the verbs announce."""
    size = (1000, 1000)
    made, handed = (gpdm.cost([size], size, cfg, cores=1) for cfg in (FAST, gpdm.remaking(FAST)))
    assert handed.seconds > 1.5 * made.seconds
    rgb = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    order = StylizeJob.ordered(
        n=1,
        seed=0,
        engine="gpdm",
        preset="fast",
        structure="auto",
        colours=1.0,
        max_side=None,
        settings=None,
        device="cpu",
    )
    job = StylizeJob(order, rgb, style=rgb)
    assert job.cost == gpdm.cost([(64, 64)], (64, 64), gpdm.remaking(FAST))
