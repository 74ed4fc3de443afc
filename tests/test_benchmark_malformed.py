"""Damaged files end with one clear line or a right result: a short form of ``benchmarks/malformed.py``."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
malformed_files = pytest.importorskip("malformed_files", reason="the benchmarks are not part of this distribution")


@pytest.mark.skipif(sys.platform == "win32", reason="commands are forked")
def test_some_damaged_files_give_a_line_or_a_result(tmp_path):
    out = tmp_path / "result.json"
    words = [sys.executable, BENCHMARKS / "malformed.py", "--count", "24", "--seed", "3", "--out", out]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text())
    assert result["faults"] == []
    assert sum(row["files"] for row in result["summary"]) == 24
    assert sum(row["refused"] for row in result["summary"]) >= 8
    assert sum(row["taken"] for row in result["summary"]) >= 5


def test_damage_is_the_same_for_every_run(tmp_path):
    picture = tmp_path / "photo.png"
    malformed_files.picture(0).save(picture)
    case = malformed_files.Valid("pictures", picture, ("vary", "{}"))
    made = set()
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        for seed in range(20):
            path, damage = malformed_files.damaged(case, tmp_path / folder, random.Random(seed))
            made.add((seed, damage, path.read_bytes()))
    assert len(made) == 20
    assert any(data != picture.read_bytes() for _, _, data in made)
