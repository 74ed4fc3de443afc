"""How long ``calotype erase`` takes beside busy processes, with OpenMP threads that sleep and with threads that spin.

``sleeping`` is the default of the command. ``spinning`` is that of GNU's OpenMP if nothing is set, given explicitly
here (``GOMP_SPINCOUNT``), which the command keeps. Earlier builds run with nothing set. All by turns, each in a process
of its own; medians. The photo is 250 pixels wide, or as many as ``--width`` says. Modules are compiled once, as those
of an installed package are, by a run of each build that is not counted.

    git archive 0070264 src | tar -x -C EARLIER
    python benchmarks/busy.py --build 0070264=EARLIER/src --out benchmarks/results/busy.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from machine import provenance

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
POLICIES = {"sleeping": {}, "spinning": {"GOMP_SPINCOUNT": "300000"}}
# What says how threads wait, or how many there are.
SAID = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY", "OMP_NUM_THREADS")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", default="pagoda", help="of examples/photos")
    parser.add_argument("--width", type=int, default=250, help="of the photo, pixels; the hole is .18 of it wide")
    parser.add_argument("--busy", type=int, default=2, help="busy processes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", action="append", default=[], metavar="NAME=SRC", help="an earlier build")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    began = provenance()
    runs = {name: (SOURCE, policy) for name, policy in POLICIES.items()}
    for name, _, source in (one.partition("=") for one in options.build):
        runs[name] = (Path(source), {})
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Image.open(HERE.parent / "examples" / "photos" / f"{options.photo}.jpg") as image:
            photo = image.convert("RGB").resize((options.width, round(options.width * image.height / image.width)))
        mask = np.zeros((photo.height, photo.width), np.uint8)
        side = round(0.18 * options.width)
        mask[photo.height // 3 :, photo.width // 3 :][:side, :side] = 255
        photo.save(folder / "photo.png")
        Image.fromarray(mask).save(folder / "mask.png")
        for run in runs.values():
            erased(folder, *run)
        for busy in (0, options.busy):
            others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
            try:
                for _ in range(options.rounds):
                    rows += [{"busy": busy, "threads": name, **erased(folder, *run)} for name, run in runs.items()]
            finally:
                for other in others:
                    other.kill()
                    other.wait()
    summary = []
    for busy, threads in dict.fromkeys((row["busy"], row["threads"]) for row in rows):
        some = [row for row in rows if (row["busy"], row["threads"]) == (busy, threads)]
        medians = {
            key: round(statistics.median(row[key] for row in some), 2) for key in ("wall_seconds", "cpu_seconds")
        }
        summary.append({"busy": busy, "threads": threads, **medians})
    print(json.dumps(summary, indent=1))
    record = {
        "benchmark": "busy",
        **began,
        "width": options.width,
        "rounds": options.rounds,
        "summary": summary,
        "rows": rows,
    }
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


def erased(folder: Path, source: Path, policy: dict[str, str]) -> dict[str, float]:
    """Wall and CPU seconds of one command."""
    clean = {name: value for name, value in os.environ.items() if name not in (*SAID, NO_BYTECODE)}
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment = {**clean, **policy, **compiled, "PYTHONPATH": str(source.resolve())}
    command = [sys.executable, "-m", "calotype", "erase", "photo.png", "--mask", "mask.png", "-o", "made.png", "-q"]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    (folder / "made.png").unlink()
    return {
        "wall_seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(sum(after[2:4]) - sum(before[2:4]), 2),
    }


if __name__ == "__main__":
    main()
