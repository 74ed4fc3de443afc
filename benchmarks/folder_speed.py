"""A folder of photos of 250 pixels through ``vary --jobs 2``, by this build and by earlier ones, and through Ray.

    git archive 0070264 src | tar -x -C EARLIER
    OMP_NUM_THREADS=1 python benchmarks/folder_speed.py --build 0070264=EARLIER/src --build 0243954=BEFORE/src \\
        --out benchmarks/results/folder_speed.json

The command itself, with its start, in processes of its own; the builds take turns. What counts are the processor's
seconds of all processes together (``processor_seconds``): with as many processes as cores that have nothing else to
do, the time is their share. ``memory`` is the largest of one process. With OMP_NUM_THREADS unset, each build shares the
threads as it does for a user. Each way also works on two photos, one for each process, which is nearly its start
alone; ``steady`` is what each further photo takes.
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
from contextlib import suppress
from pathlib import Path
from typing import Any

from machine import provenance
from malformed_files import picture

SOURCE = Path(__file__).parents[1] / "src"
PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
_START_PHOTOS = 2
_LOOK = 0.2  # seconds between two looks at the processes
NOW, RAY = "now", "now, --on ray:local"


def photos(folder: Path, count: int, side: int, seed: int) -> None:
    """Crops of the example photos whose longer side has so many pixels."""
    import random

    from PIL import Image

    rng = random.Random(seed)
    folder.mkdir()
    given = [Image.open(path).convert("RGB") for path in sorted(PHOTOS.glob("*.jpg"))] or [picture(0, side, side)]
    for number in range(count):
        image = given[number % len(given)]
        share = rng.uniform(0.5, 0.9)
        width, height = int(image.width * share), int(image.height * share)
        left, top = rng.randrange(image.width - width), rng.randrange(image.height - height)
        part = image.crop((left, top, left + width, top + height))
        part.thumbnail((side, side), Image.Resampling.LANCZOS)
        part.save(folder / f"{number:03d}.jpg", quality=92)


def timed(source: Path, folder: Path, more: list[str]) -> dict[str, Any]:
    """One run of the command."""
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, "-m", "calotype", "vary", str(folder), "-q", "-o", out, "--jobs", "2", *more]
        environment = {**os.environ, "PYTHONPATH": str(source.resolve())}
        began, used = time.monotonic(), Used()
        child = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
        while child.poll() is None:
            time.sleep(_LOOK)
            used.look()
        seconds = time.monotonic() - began
        _reap()
        if child.returncode:
            raise RuntimeError(f"{source}: ended with {child.returncode}")
        made = len(list(Path(out).glob("*.png")))
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(sum(used.seconds.values()), 2),
        "memory_mib": round(max(used.kibibytes.values()) / 1024),
        "pictures": made,
    }


class Used:
    """What the processes below this one have taken, looked at again and again.

    Ray's processes are not waited for by those that began them, so that nobody else knows.

    Attributes:
        seconds: of the processor, by process.
        kibibytes: largest resident memory, by process.
    """

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}
        self.kibibytes: dict[int, int] = {}
        self._unit = 1 / os.sysconf("SC_CLK_TCK")

    def look(self) -> None:
        """Look at all of them."""
        parents, seconds = {}, {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            process = int(path.parent.name)
            parents[process], seconds[process] = int(fields[1]), (int(fields[11]) + int(fields[12])) * self._unit
        below = {os.getpid()}
        while more := {process for process, parent in parents.items() if parent in below} - below:
            below |= more
        for process in below - {os.getpid()}:
            self.seconds[process] = seconds[process]
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process}/status").read_text().splitlines()
                self.kibibytes[process] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def adopt() -> None:
    """Become the parent of processes whose parents end, as those of Ray, so that they are found (Linux)."""
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _reap() -> None:
    """Wait for the processes that were left."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.1)
        except ChildProcessError:
            return


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians of each build, and how many times as quick this one is, turn by turn."""
    starts = [row for row in rows if row["photos"] == _START_PHOTOS]
    rows = [row for row in rows if row["photos"] != _START_PHOTOS]
    now = [row for row in rows if row["build"] == NOW]
    lines = []
    for build in dict.fromkeys(row["build"] for row in rows):
        some = [row for row in rows if row["build"] == build]
        line: dict[str, Any] = {
            "build": build,
            **_start_and_steady(some, [row for row in starts if row["build"] == build]),
        }
        for key in ("seconds", "processor_seconds", "memory_mib"):
            line[key] = statistics.median(row[key] for row in some)
        for key in ("seconds", "processor_seconds"):
            line[f"times_{key}"] = round(statistics.median(a[key] / b[key] for a, b in zip(some, now)), 3)
        lines.append(line)
    return lines


def _start_and_steady(rows: list[dict[str, Any]], starts: list[dict[str, Any]]) -> dict[str, float]:
    """The processor's seconds of a folder of two photos, and of each further photo: medians."""
    more = [
        (a["processor_seconds"] - b["processor_seconds"]) / (a["photos"] - b["photos"]) for a, b in zip(rows, starts)
    ]
    start = statistics.median(row["processor_seconds"] for row in starts)
    return {"start_processor_seconds": start, "steady_processor_seconds": round(statistics.median(more), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="append", default=[], metavar="NAME=SRC", help="an earlier build")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--side", type=int, default=250)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--no-ray", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    builds = [(name, Path(source)) for name, _, source in (one.partition("=") for one in options.build)]
    rows, load = [], os.getloadavg()[0]
    adopt()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "photos")
        photos(folder, options.photos, options.side, options.seed)
        ways = [*((build, source, []) for build, source in builds), (NOW, SOURCE, [])]
        ways += [] if options.no_ray else [(RAY, SOURCE, ["--on", "ray:local"])]
        few = Path(name, "few")
        photos(few, _START_PHOTOS, options.side, options.seed)
        for repeat in range(options.repeats):
            for build, source, more in ways:
                for given, count in ((few, _START_PHOTOS), (folder, options.photos)):
                    row = timed(source, given, more)
                    rows.append({"build": build, "repeat": repeat, "photos": count, **row})
                    print(json.dumps(rows[-1]), flush=True)
    result = {
        "benchmark": "folder_speed",
        **provenance(),
        "seed": options.seed,
        "photos": options.photos,
        "side": options.side,
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "load_average_before": round(load, 1),
        "summary": summary(rows),
        "rows": rows,
    }
    print(json.dumps(result["summary"], indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
