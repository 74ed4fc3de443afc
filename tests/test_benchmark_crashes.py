"""Killed at file operations: a short form of ``benchmarks/crashes.py``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
crash_hook = pytest.importorskip("crash_hook", reason="the benchmarks are not part of this distribution")

WHOLE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import crash_hook
from calotype.files import write_whole
folder = Path(sys.argv[2])
crash_hook.install(folder, int(sys.argv[3]), Path(sys.argv[4]))
write_whole(folder / "new" / "made.txt", lambda file: file.write(b"whole"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the hook reads /proc")
def test_a_file_is_whole_or_not_there_wherever_its_process_is_killed(tmp_path):
    def done(at):
        place = tmp_path / str(at)
        place.mkdir()
        words = [sys.executable, "-c", WHOLE, BENCHMARKS, place, at, tmp_path / f"log{at}"]
        status = subprocess.run([str(word) for word in words]).returncode
        return status, place / "new" / "made.txt", (tmp_path / f"log{at}").read_text().splitlines()

    status, made, operations = done(0)
    assert (status, made.read_bytes()) == (0, b"whole")
    assert [one.split()[0] for one in operations] == ["mkdir", "open", "write", "fsync", "rename"]
    for at in range(1, 6):
        status, made, reached = done(at)
        assert status == -9
        assert len(reached) == at
        assert not made.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the hook reads /proc")
def test_some_crash_points_of_a_folder_and_trainings(tmp_path):
    out = tmp_path / "result.json"
    words = [BENCHMARKS / "crashes.py", "--every", "40", "--kills", "1", "--fast", "--out", out]
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(out.read_text())
    assert [row["faults"] for row in result["points"]] == [[], [], []]
    assert sum(row["points"] for row in result["points"]) >= 6
    assert (result["random"]["faults"], result["random"]["kills"]) == ([], 1)
