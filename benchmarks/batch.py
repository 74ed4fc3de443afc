"""What ``--jobs`` is worth: a folder of photos, one after the other and several at a time, one thread a process.

    python benchmarks/batch.py --photos examples/photos --out benchmarks/results/batch.json

Every way is the command itself, in processes of its own, timed from beginning to end with its start-up, and all take
turns, so that other work on the machine hits them alike: what counts is their ratio. It says something only where the
cores were to be had (``cores_had``); what several processes cost beyond one is seen in the processor's seconds anyhow.
Pictures have to be the same. With ``--all-threads`` also one after the other with every core.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from calotype.image.io import list_photos, open_photo
from machine import provenance


def main() -> None:
    options = arguments()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    rows, made = [], {}
    for repeat in range(options.repeats):
        for name, threads, more in ways(options.jobs, cores, options.all_threads):
            row, pictures = timed(options, threads, more)
            rows.append({"way": name, "threads": threads, "repeat": repeat, **row})
            made.setdefault("pictures", pictures)
            rows[-1]["same_pictures"] = pictures == made["pictures"]
            print(json.dumps(rows[-1]), flush=True)
    record = {
        **provenance(),
        "command": ["vary", "PHOTOS", *settings(options)],
        "photos": [{"name": p.name, "size": str(open_photo(p).size)} for p in list_photos(options.photos)],
        "summary": summary(rows),
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record["summary"], indent=1))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=2, help="pictures of each photo")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--max-side", type=int, default=500)
    parser.add_argument("--all-threads", action="store_true", help="also with all threads in one process")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def ways(jobs: int, cores: int, all_threads: bool) -> list[tuple[str, int, list[str]]]:
    """Name, threads of the command (which ``--jobs`` shares out), and further options."""
    found = [("one after the other", 1, []), (f"--jobs {jobs}", jobs, ["--jobs", str(jobs)])]
    return [*found, (f"one after the other, {cores} threads", cores, [])] if all_threads else found


def settings(options: argparse.Namespace) -> list[str]:
    return ["-n", str(options.count), "--max-side", str(options.max_side), "--device", "cpu"]


def timed(options: argparse.Namespace, threads: int, more: list[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Seconds of the command, pictures a minute, and the pictures."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "calotype", "vary", str(options.photos), "-q", "-o", out]
        load, began, before = os.getloadavg()[0], time.perf_counter(), processor_seconds()
        subprocess.run(
            [*command, *settings(options), *more],
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        seconds = time.perf_counter() - began
        pictures = {path.name: path.read_bytes() for path in Path(out).glob("*.png")}
        worked = processor_seconds() - before
    row = {
        "seconds": round(seconds, 2),
        "processor_seconds": round(worked, 2),
        "cores_had": round(worked / seconds, 2),
        "load_before": round(load, 1),
        "pictures_a_minute": round(60 * len(pictures) / seconds, 2),
    }
    return row, pictures


def processor_seconds() -> float:
    """What all processes took so far that this one began, and those that they began."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each way its median, and how many times as fast it is as the first, compared turn by turn."""
    lines = []
    first = [row["seconds"] for row in rows if row["way"] == rows[0]["way"]]
    for way in dict.fromkeys(row["way"] for row in rows):
        chosen = [row for row in rows if row["way"] == way]
        seconds = [row["seconds"] for row in chosen]
        lines.append(
            {
                "way": way,
                "seconds": statistics.median(seconds),
                "processor_seconds": statistics.median(row["processor_seconds"] for row in chosen),
                "cores_had": statistics.median(row["cores_had"] for row in chosen),
                "pictures_a_minute": statistics.median(row["pictures_a_minute"] for row in chosen),
                "times_as_fast": round(statistics.median(a / b for a, b in zip(first, seconds)), 2),
                "same_pictures": all(row["same_pictures"] for row in chosen),
            }
        )
    return lines


if __name__ == "__main__":
    main()
