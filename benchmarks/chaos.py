"""A folder of photos on Ray, and a training of two processes, while their processes are killed.

``folder``: 400 photos through ``--on ray:local --jobs 2``; a process that makes pictures is killed every 15 to 25
seconds for five minutes, the disk is full once (the same command is then given again), and one photo kills its process
each time. Every picture has to be there once and whole, and the same as without faults; the bad photo has to be named.

``training``: COCO-GAN by two processes of torch's launcher, of which one is killed at ten random steps. Its weights
have to be those of the training that nothing happened to.

    OMP_NUM_THREADS=1 python benchmarks/chaos.py --out benchmarks/results/chaos.json

``--only`` measures one of them anew and keeps the other.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from machine import provenance
from malformed_files import picture

HERE = Path(__file__).parent
BAD = "017"  # the photo that kills its process


def environment(place: Path, **more: object) -> dict[str, str]:
    """With ``chaos_hook.py`` in every process of Python."""
    hook = place / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text("import chaos_hook\nchaos_hook.install()\n")
    path = os.pathsep.join([str(hook), str(HERE), os.environ.get("PYTHONPATH", "")])
    variables = {"PYTHONPATH": path, "CALOTYPE_CACHE": str(place / "cache"), "OMP_NUM_THREADS": "1"}
    return {**os.environ, **variables, **{name: str(value) for name, value in more.items()}}


# ---------------------------------------------------------------------------------------------------------------
# A folder on Ray


def workers_of(root: int) -> list[int]:
    """The processes below ``root`` in which Ray works on a task."""
    children: dict[int, list[int]] = {}
    names = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
                names[int(entry.name)] = (entry / "cmdline").read_bytes().split(b"\0")[0].decode("utf-8", "replace")
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        waiting += below
        found += [pid for pid in below if names.get(pid, "").startswith("ray::calotype")]
    return found


def folder_row(
    place: Path, count: int, size: int, seconds: float, every: tuple[float, float], seed: int
) -> dict[str, Any]:
    rng = random.Random(seed)
    photos, out, full = place / "photos", place / "out", place / "full"
    photos.mkdir()
    for number in range(count):
        picture(number, size, size * 3 // 4).save(photos / f"{number:03d}.png")
    words = [sys.executable, "-m", "calotype", "vary", str(photos), "-o", str(out), "--on", "ray:local", "--jobs", "2"]
    began, kills, statuses, errors, filled = time.monotonic(), 0, [], [], False
    while len(statuses) < 6 and (not statuses or statuses[-1] not in (0, 1) or not _all_told(out, count)):
        log = place / f"log{len(statuses)}"
        with open(log, "wb") as said:
            process = subprocess.Popen(
                words, env=environment(place, CHAOS_BAD=BAD, CHAOS_FULL=full), stdout=subprocess.DEVNULL, stderr=said
            )
            due = time.monotonic() + rng.uniform(*every)
            while process.poll() is None:
                time.sleep(0.2)
                now = time.monotonic()
                working = workers_of(process.pid)
                if now >= due and working and now - began < seconds:
                    os.kill(rng.choice(working), signal.SIGKILL)
                    kills, due = kills + 1, now + rng.uniform(*every)
                if not filled and now - began > seconds / 3:
                    full.touch()
                    filled = True
        statuses.append(process.returncode)
        errors.append(_last_line(log))
    return {
        "photos": count,
        "size": f"{size}x{size * 3 // 4}",
        "seconds": round(time.monotonic() - began),
        "kills": kills,
        "statuses": statuses,
        "messages": errors,
        "disk_was_full": filled and not full.exists(),
        **checked(photos, out, place, count),
    }


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("calotype: ")]
    return lines[-1].replace(str(log.parent), "F") if lines else ""


def _all_told(out: Path, count: int) -> bool:
    """Whether the manifest says something of every picture."""
    return len({record["path"] for record in records(out)}) == count


def records(out: Path) -> list[dict[str, Any]]:
    path = out / "manifest.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def checked(photos: Path, out: Path, place: Path, count: int) -> dict[str, Any]:
    """What is there, and whether it is the same as without faults."""
    told = records(out)
    done = Counter(record["path"] for record in told if record["state"] == "done")
    failed = {record["path"]: record["reason"] for record in told if record["state"] == "failed"}
    bad = [name for name in failed if name not in done]
    whole = 0
    for name in done:
        with Image.open(out / name) as image:
            image.load()
            whole += 1
    calm = place / "calm"
    words = [sys.executable, "-m", "calotype", "vary", str(photos), "-o", str(calm), "-q", "--jobs", "2"]
    subprocess.run(words, env=environment(place), check=True, stdout=subprocess.DEVNULL)
    same = sum((calm / name).read_bytes() == (out / name).read_bytes() for name in done)
    return {
        "made": len(done),
        "whole": whole,
        "same_as_without_faults": same,
        "made_twice": sum(number > 1 for number in done.values()),
        "lost": count - len(done) - len(bad),
        "named_as_bad": bad,
        "reason": failed.get(bad[0], "") if bad else "",
        "parts_left": sum(path.name.endswith(".part") for path in out.iterdir()),
    }


# ---------------------------------------------------------------------------------------------------------------
# A training of two processes


def training_row(place: Path, steps: int, kills: int, seed: int) -> dict[str, Any]:
    from safetensors.torch import load_file

    photos = place / "faces"
    photos.mkdir()
    for number in range(8):
        picture(number, 32, 32).save(photos / f"{number}.png")
    rng = random.Random(seed)
    plan = [[step, rng.randrange(2)] for step in sorted(rng.sample(range(2, steps), kills))]
    made = {}
    for name in ("calm", "killed"):
        todo = place / f"{name}.json"
        todo.write_text(json.dumps(plan if name == "killed" else []))
        words = [sys.executable, "-m", "calotype", "train", "cocogan", str(photos), "--preset", "tiny", "--procs", "2"]
        words += ["--set", f"steps={steps}", "--restarts", str(kills + 2), "--out", str(place / name), "-q"]
        began = time.monotonic()
        done = subprocess.run(
            words, env=environment(place, CHAOS_STEPS=todo, CHAOS_SAVE=4), capture_output=True, text=True
        )
        if done.returncode != 0:
            return {"fault": f"{name} ended with {done.returncode}: {done.stderr[-500:]}"}
        made[name] = (load_file(place / name / "weights.safetensors"), time.monotonic() - began, todo.read_text())
    calm, killed = made["calm"][0], made["killed"][0]
    apart = max(float((calm[key].double() - killed[key].double()).abs().max()) for key in calm)
    return {
        "steps": steps,
        "killed_at": plan,
        "kills": kills - len(json.loads(made["killed"][2])),
        "seconds": {name: round(each[1]) for name, each in made.items()},
        "largest_difference_of_weights": apart,
        "equal_bits": apart == 0 and calm.keys() == killed.keys(),
    }


def _kept(out: Path | None) -> dict[str, Any]:
    """The rows of an earlier result, each with the commit that it was measured with; new ones replace them."""
    if out is None or not out.exists():
        return {}
    before = json.loads(out.read_text("utf-8"))
    of = {key: before[key] for key in ("date", "commit")}
    return {name: {**of, **before[name]} for name in ("folder", "training") if name in before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--size", type=int, default=160, help="width of the photos, pixels")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long processes are killed")
    parser.add_argument("--every", type=float, nargs=2, default=(15.0, 25.0), help="seconds between two kills")
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--kills", type=int, default=10, help="of the training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["folder", "training"])
    options = parser.parse_args()
    about = provenance()
    rows = _kept(options.out)
    for name in ("folder", "training"):
        place = Path(tempfile.mkdtemp())
        try:
            if options.only in (None, name) and name == "folder":
                every = tuple(options.every)
                rows[name] = folder_row(place, options.photos, options.size, options.seconds, every, options.seed)
            elif options.only in (None, name):
                rows[name] = training_row(place, options.steps, options.kills, options.seed)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        if options.only in (None, name):
            rows[name] |= {key: about[key] for key in ("date", "commit")}
            print(json.dumps(rows[name], indent=1), flush=True)
    result = {"benchmark": "chaos", **about, "seed": options.seed, **rows}
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
