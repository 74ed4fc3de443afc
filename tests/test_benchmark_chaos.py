"""Processes are killed while they work: a short form of ``benchmarks/chaos.py``, without a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forks import Forks

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
chaos = pytest.importorskip("chaos", reason="the benchmarks are not part of this distribution")


@pytest.fixture
def vary(tmp_path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """The command, with faults in all its processes."""
    faults = {"CHAOS_FULL": tmp_path / "full", "CHAOS_BAD": "002"}
    environment = chaos.environment(tmp_path, **faults)
    forks = Forks(environment)

    def run(photos: Path) -> subprocess.CompletedProcess[str]:
        words = ["vary", str(photos), "-o", str(tmp_path / "out"), "--preset", "tiny", "-q", "--jobs", "2"]
        done = forks.run(words, tmp_path, environment, None)
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    yield run
    forks.close()


@pytest.mark.skipif(sys.platform != "linux", reason="commands and their workers are forked")
def test_a_bad_photo_and_a_full_disk_lose_nothing(vary, tmp_path):
    photos, full = tmp_path / "photos", tmp_path / "full"
    photos.mkdir()
    for number in range(4):
        chaos.picture(number, 32, 24).save(photos / f"{number:03d}.png")
    full.touch()
    first = vary(photos)
    assert first.returncode == 1
    assert "the disk is full" in first.stderr
    assert not list((tmp_path / "out").glob("*.part"))
    second = vary(photos)
    assert second.returncode == 1
    assert "1 of 4 photos failed" in second.stderr
    found = chaos.records(tmp_path / "out")
    assert {one["path"] for one in found if one["state"] == "failed"} == {"002_vary_0.png"}
    done = [one["path"] for one in found if one["state"] == "done"]
    assert sorted(done) == ["000_vary_0.png", "001_vary_0.png", "003_vary_0.png"]
    assert "was ended by SIGKILL" in next(one["reason"] for one in found if one["state"] == "failed")
