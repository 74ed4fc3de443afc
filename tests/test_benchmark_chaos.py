"""Processes are killed while they work: a short form of ``benchmarks/chaos.py``, without a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
chaos = pytest.importorskip("chaos", reason="the benchmarks are not part of this distribution")


def vary(place, photos, **faults):
    words = [sys.executable, "-m", "calotype", "vary", str(photos), "-o", str(place / "out"), "--preset", "tiny"]
    words += ["-q", "--jobs", "2"]
    return subprocess.run(words, env=chaos.environment(place, **faults), capture_output=True, text=True, timeout=250)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals")
def test_a_bad_photo_and_a_full_disk_lose_nothing(tmp_path):
    photos, full = tmp_path / "photos", tmp_path / "full"
    photos.mkdir()
    for number in range(4):
        chaos.picture(number, 32, 24).save(photos / f"{number:03d}.png")
    full.touch()
    first = vary(tmp_path, photos, CHAOS_FULL=full, CHAOS_BAD="002")
    assert first.returncode == 1
    assert "the disk is full" in first.stderr
    assert not list((tmp_path / "out").glob("*.part"))
    second = vary(tmp_path, photos, CHAOS_FULL=full, CHAOS_BAD="002")
    assert second.returncode == 1
    assert "1 of 4 photos failed" in second.stderr
    found = chaos.records(tmp_path / "out")
    assert {one["path"] for one in found if one["state"] == "failed"} == {"002_vary_0.png"}
    done = [one["path"] for one in found if one["state"] == "done"]
    assert sorted(done) == ["000_vary_0.png", "001_vary_0.png", "003_vary_0.png"]
    assert "was ended by SIGKILL" in next(one["reason"] for one in found if one["state"] == "failed")
