"""The processor's seconds of ``vary`` and ``texture`` beside those of earlier builds, with the quality of both.

    git archive 0070264 src | tar -x -C EARLIER
    python benchmarks/patch_speed.py --build 0070264=EARLIER/src --data DATA --weights WEIGHTS \\
        --out benchmarks/results/patch_speed.json

Each build is a process of one thread; they take turns, photo by photo, and each makes one picture to warm up. Photos
are those on which no setting was chosen (DATA is as in ``quality.py``); the textures are crops of their lower right
quarter, enlarged to twice its sides, since every photo has some texture there. ``seconds`` is the median over photos of
the least of the repeats, ``times`` that of the earlier build over this one's. SIFID, the sliced distance, the share of
neighbouring patches that are neighbours in the photo ("copied") and the share of the photo that is found in the result
("coverage") are medians over all samples, measured by this build.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

from machine import provenance

SOURCE = Path(__file__).parents[1] / "src"
NOW = "now"
REPORT = "sigd16/1,sigd16/3,sigd16/5,sigd16/7,places20/1,places20/3,places20/5,places20/7"
TASKS = ("vary loose", "vary free", "texture")
CHILD = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import torch
torch.set_num_threads(1)
import calotype
for line in sys.stdin:
    task, photo, seed, to = json.loads(line)
    began = time.process_time()
    if task == "texture":
        made = calotype.texture(photo, factor=2, engine="gpnn", seed=seed, device="cpu").images[0]
    else:
        made = calotype.vary(photo, 1, engine="gpnn", structure=task[5:], seed=seed, device="cpu").images[0]
    seconds = time.process_time() - began
    made.save(to)
    print(json.dumps(seconds), flush=True)
"""


class Build:
    """A process that makes pictures with one build."""

    def __init__(self, source: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(source.resolve()), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self, task: str, photo: Path, seed: int, to: Path) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([task, str(photo), seed, str(to)]) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def photo_of(data: Path, name: str) -> Path:
    group, stem = name.split("/")
    return next((data / group / "photos").glob(f"{stem}.*"))


def sample(photo: Path, to: Path) -> Path:
    """The lower right quarter of a photo."""
    from PIL import Image

    with Image.open(photo) as image:
        width, height = image.size
        image.convert("RGB").crop((width // 2, height // 2, width, height)).save(to)
    return to


def quality(photo: Path, made: Path, weights: str | None) -> dict[str, float]:
    from calotype.tasks.evaluate import evaluate

    row = evaluate(photo, made, weights=weights).rows[0]
    return {name: getattr(row, name) for name in ("sifid", "sliced", "copied", "coverage")}


def measured(builds: dict[str, Build], task: str, photos: list[Path], options: argparse.Namespace) -> dict[str, Any]:
    """The rows of one task: of every photo and build, the least seconds and the quality of every seed."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos):
            given = sample(photo, Path(folder) / f"{number}.png") if task == "texture" else photo
            seconds: dict[str, list[float]] = {name: [] for name in builds}
            for repeat in range(-1, options.repeats):
                for name, build in builds.items():
                    to = Path(folder) / f"{number}_{list(builds).index(name)}_{repeat}.png"
                    took = build.seconds(task, given, max(0, repeat), to)
                    if repeat >= 0:
                        seconds[name].append(took)
            for name in builds:
                made = [Path(folder) / f"{number}_{list(builds).index(name)}_{seed}.png" for seed in range(2)]
                rows.append(
                    {
                        "build": name,
                        "photo": number,
                        "seconds": round(min(seconds[name]), 4),
                        "quality": [quality(given, one, options.weights) for one in made],
                    }
                )
            print(task, number, {name: round(min(some), 3) for name, some in seconds.items()}, flush=True)
    return {"summary": {name: summary(rows, name) for name in builds}, "rows": rows}


def summary(rows: list[dict[str, Any]], build: str) -> dict[str, float]:
    """Medians of one build, and how many times as long as this one it took, photo by photo."""
    own = [row for row in rows if row["build"] == build]
    now = [row for row in rows if row["build"] == NOW]
    found = {
        "seconds": statistics.median(row["seconds"] for row in own),
        "times": statistics.median(row["seconds"] / new["seconds"] for row, new in zip(own, now)),
    }
    for name in ("sifid", "sliced", "copied", "coverage"):
        found[name] = statistics.median(one[name] for row in own for one in row["quality"])
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="append", default=[], metavar="NAME=SRC", help="an earlier build")
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--photos", default=REPORT)
    parser.add_argument("--repeats", type=int, default=4, help="of each photo; at least 2")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--tasks", default=",".join(TASKS), help="default: all")
    options = parser.parse_args()
    sources = {name: Path(source) for name, _, source in (one.partition("=") for one in options.build)}
    builds = {name: Build(source) for name, source in {**sources, NOW: SOURCE}.items()}
    photos = [photo_of(options.data, name) for name in options.photos.split(",")]
    began = provenance()
    tasks = {task: measured(builds, task, photos, options) for task in options.tasks.split(",")}
    for build in builds.values():
        build.close()
    record = {**began, "photos": options.photos.split(","), "repeats": options.repeats, "tasks": tasks}
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    for task, found in tasks.items():
        print(task, json.dumps(found["summary"]))


if __name__ == "__main__":
    main()
