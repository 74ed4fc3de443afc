"""The holes and the summary of the benchmark of fills beside other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
peers = pytest.importorskip("peers", reason="the benchmarks are not part of this distribution")


@pytest.mark.parametrize("seed", range(3))
def test_a_blob_is_of_its_width_and_off_the_edge(seed):
    mask = peers.blob(120, 150, np.random.default_rng(seed), 50)
    assert 800 < mask.sum() < 2600
    assert not np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).any()


def test_wires_go_across_and_are_thin():
    mask = peers.wires(100, 140, np.random.default_rng(0), count=1)
    assert mask.any(0).all()
    assert np.median(mask.sum(0)) <= 4


def test_an_expanded_photo_keeps_its_middle():
    mask = peers.expand(100, 140, np.random.default_rng(0))
    assert mask.sum() == 100 * 140 - 40 * 80


def test_no_photo_is_reported_that_settings_were_chosen_on():
    assert not set(peers.CHOOSING.split(",")) & set(peers.REPORTING.split(","))


def test_means_are_those_of_task_and_method():
    rows = [
        {"photo": photo, "task": "blob", "method": method, "psnr": psnr, "lpips": lpips, "cpu_seconds": 1.0}
        for photo, method, psnr, lpips in (
            ("a", "calotype", 20.0, 1.0),
            ("b", "calotype", 30.0, 3.0),
            ("a", "pypatchmatch", 10.0, 2.0),
            ("b", "pypatchmatch", 10.0, 2.0),
        )
    ]
    ours, theirs = peers.summary(rows)
    assert (ours["psnr"], ours["lpips"], ours["holes"], ours["nearer_than_pypatchmatch"]) == (25.0, 2.0, 2, 1)
    assert (theirs["psnr"], theirs["nearer_than_pypatchmatch"]) == (10.0, 0)


def test_the_study_of_fills_shows_no_photo_that_settings_were_chosen_on():
    filled = pytest.importorskip("filled")
    shown = {*filled.OBJECTS, *filled.EXPANDED}
    assert not shown & set(peers.CHOOSING.split(","))
    assert min(len(filled.OBJECTS), len(filled.EXPANDED)) >= 12


def test_the_holes_of_the_study_lie_around_objects_and_beside_photos():
    filled = pytest.importorskip("filled")
    photo = np.zeros((188, 250, 3), np.uint8)
    _, hole = filled.removed(photo, "sigd16/3")
    assert hole[148, 168]
    assert not hole[100, 168]
    wide, hole = filled.expanded(photo, "sigd16/3")
    assert wide.shape == (188, 350, 3)
    assert not hole[:, 50:300].any()
    assert hole.sum() == 188 * 100
