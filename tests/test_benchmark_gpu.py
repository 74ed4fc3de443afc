"""The script for a card, on the processor: that every part of it can be worked on, and that it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(HERE))
import gpu  # noqa: E402
import gpu_parts  # noqa: E402
from calotype import catalog  # noqa: E402


@pytest.fixture
def script(tmp_path, capsys):
    """Runs the script; what it wrote."""
    out = tmp_path / "gpu.json"

    def run(*more):
        gpu.main(["--device", "cpu", "--quick", "--out", str(out), *more])
        return json.loads(out.read_text()), capsys.readouterr().out

    return run


def test_the_script_measures_and_goes_on_with_what_is_missing(script, tmp_path):
    first, _ = script("--only", "parity/canny,parity/zssr,speed/lifelong")
    assert set(first["parts"]) == {"parity/canny", "parity/zssr", "speed/lifelong"}
    assert first["parts"]["parity/canny"]["edges"]["largest"] == 0
    assert first["parts"]["parity/zssr"]["upscale"]["mean"] == 0
    assert first["parts"]["speed/lifelong"]["float32"]["steps"] > 1
    assert first["card"] == {"device": "cpu"}
    assert "together/1" in first["missing"]
    again, said = script("--only", "parity/canny,minute/stylegan")
    assert "parity/canny" not in said
    assert again["parts"]["parity/canny"] == first["parts"]["parity/canny"]
    assert again["parts"]["minute/stylegan"]["steps"] >= 1
    assert (tmp_path / "gpu" / "stylegan.png").is_file()


def test_a_part_that_takes_too_long_or_dies_does_not_cost_the_others(tmp_path):
    limits = {"parity/canny": 0.0, "unknown": 60.0, "parity/superpixels": 60.0}
    work = gpu.Work(limits, "cpu", "quick", tmp_path, time.monotonic() + 300)
    found = dict(work.figures(list(limits)))
    assert found["parity/canny"] == {"error": "it took more than 0 s"}
    assert "KeyError" in found["unknown"]["error"]
    assert found["parity/superpixels"]["segment"]["largest"] == 0


def test_lines_that_come_together_are_both_seen():
    program = r"import sys, time; sys.stdout.write('{1}\n{2}\n'); sys.stdout.flush(); time.sleep(600)"
    process = gpu.begun([sys.executable, "-c", program], dict(os.environ))
    first = gpu._line(process.stdout, time.monotonic() + 300)
    second = gpu._line(process.stdout, time.monotonic())
    process.kill()
    process.wait()
    assert [first, second] == [b"{1}\n", b"{2}\n"]


def test_nothing_is_begun_when_the_time_is_over(tmp_path):
    work = gpu.Work({"parity/canny": 60.0}, "cpu", "quick", tmp_path, time.monotonic())
    assert dict(work.figures(["parity/canny"])) == {}


def test_nothing_but_four_packages_is_needed(tmp_path):
    """As on a machine with a card and no network."""
    script = (
        "import sys; from pathlib import Path\n"
        "for name in ('pydantic', 'platformdirs', 'scipy', 'h5py', 'yaml', 'fastapi'): sys.modules[name] = None\n"
        "import gpu_parts\n"
        "for name in ('parity/lifelong', 'parity/canny', 'minute/stylegan'):\n"
        "    part = next(part for part in gpu_parts.parts(gpu_parts.QUICK) if part.name == name)\n"
        "    print(part.run('cpu', gpu_parts.QUICK, Path(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("largest") == 2


def test_every_system_is_compared():
    names = {part.name for part in gpu_parts.parts(gpu_parts.CARD)}
    assert {f"parity/{name}" for name in (*catalog.ENGINES, *catalog.MODELS)} <= names
    assert {f"speed/{name}" for name in (*catalog.ENGINES, *catalog.MODELS)} <= names
