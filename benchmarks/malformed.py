"""Damaged files given to the commands that take them: each has to end with one clear line, or with a right result.

500 files are made from a seed by damaging valid pictures, label maps, films, models and scene files
(``malformed_files.py``); none of them is kept. Each is given to its command in a process of its own, forked with
everything imported.

    OMP_NUM_THREADS=1 python benchmarks/malformed.py --out benchmarks/results/malformed.json
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from forked import Done, imported, run
from machine import provenance
from malformed_files import Valid, damaged, valid_files

SECONDS, MEMORY = 10.0, 2**30  # what a command may take
SHARES = {"pictures": 0.4, "maps": 0.15, "films": 0.16, "models": 0.17, "scenes": 0.12}


def cases(valid: list[Valid], count: int, seed: int) -> Iterator[tuple[Valid, random.Random]]:
    """So many damaged files: a valid one, and the random numbers of the damage."""
    rng = random.Random(seed)
    families = {name: [one for one in valid if one.family == name] for name in SHARES}
    counts = {name: round(count * share) for name, share in SHARES.items()}
    counts["pictures"] += count - sum(counts.values())
    for name, some in counts.items():
        for number in range(some):
            yield families[name][number % len(families[name])], random.Random(rng.getrandbits(64))


def outcome(case: Valid, folder: Path, rng: random.Random) -> dict[str, Any]:
    """What became of one damaged file; ``fault`` is empty where all is well."""
    given, cwd = folder / "given", folder / "made"
    given.mkdir(parents=True)
    cwd.mkdir()
    path, damage = damaged(case, given, rng)
    before = _files(given)
    words = [str(path) if word == "{}" else word for word in case.words]
    done = run(words, cwd, variables={"CALOTYPE_CACHE": str(folder / "cache")})
    fault = fault_of(done, cwd) or ("changed the input" if _files(given) != before else "")
    return {
        "family": case.family,
        "file": path.name,
        "command": case.words[0],
        "damage": damage,
        "status": done.status,
        "line": done.err.strip()[-400:].replace(str(folder), "F"),
        "seconds": round(done.seconds, 2),
        "wall": round(done.wall, 2),
        "mebibytes": round(done.bytes / 2**20),
        "fault": fault,
    }


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fault_of(done: Done, cwd: Path) -> str:
    """What is wrong with how a command ended; empty if nothing is."""
    if done.late or done.seconds > SECONDS:
        return "too slow"
    if done.bytes > MEMORY:
        return "too much memory"
    if "Traceback" in done.err:
        return "traceback"
    if done.status < 0:
        return f"died of signal {-done.status}"
    if done.status == 0:
        return _result_fault(done, cwd)
    lines = done.err.splitlines()
    if len(lines) != 1 or not lines[0].startswith("calotype: ") or not lines[0].isprintable():
        return "not one clear line"
    if done.out or any(path.is_file() for path in cwd.rglob("*")):
        return "left a file"
    return ""


def _result_fault(done: Done, cwd: Path) -> str:
    made = done.out.split("\n")[:-1]
    if not made:
        return "says nothing of a result"
    for line in made:
        path = cwd / line
        if path.is_file() and path.suffix in (".png", ".gif"):
            with Image.open(path) as image:
                image.load()
        elif not path.is_dir():
            return f"names a result that is not there: {line[:80]}"
    return ""


def measured(count: int, seed: int, only: str = "") -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        valid = valid_files(folder / "valid")
        for case in valid:  # the valid ones are taken
            done = _of_valid(case, folder / "case")
            if done.status != 0:
                raise RuntimeError(f"{case.path.name}: {done.err[-500:]}")
        for number, (case, rng) in enumerate(cases(valid, count, seed)):
            if only and case.family != only:
                continue
            rows.append({"number": number, **outcome(case, folder / "case", rng)})
            if rows[-1]["fault"]:
                print(json.dumps(rows[-1]), flush=True)
            shutil.rmtree(folder / "case")
    return rows


def _of_valid(case: Valid, folder: Path) -> Done:
    folder.mkdir()
    words = [str(case.path) if word == "{}" else word for word in case.words]
    done = run(words, folder, variables={"CALOTYPE_CACHE": str(folder / "cache")})
    shutil.rmtree(folder)
    return done


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By family: files, refused, taken, faults, and the most that one took."""
    lines = []
    for family in dict.fromkeys(row["family"] for row in rows):
        some = [row for row in rows if row["family"] == family]
        lines.append(
            {
                "family": family,
                "files": len(some),
                "refused": sum(row["status"] in (1, 2) for row in some),
                "taken": sum(row["status"] == 0 for row in some),
                "faults": sum(bool(row["fault"]) for row in some),
                "seconds": max(row["seconds"] for row in some),
                "wall": max(row["wall"] for row in some),
                "mebibytes": max(row["mebibytes"] for row in some),
            }
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", choices=["", *SHARES])
    options = parser.parse_args()
    imported()
    rows = measured(options.count, options.seed, options.only)
    result = {
        "benchmark": "malformed",
        **provenance(),
        "seed": options.seed,
        "limits": {"seconds": SECONDS, "mebibytes": MEMORY // 2**20},
        "summary": summary(rows),
        "damage": dict(Counter(row["damage"].rpartition(": ")[2] for row in rows)),
        "faults": [row for row in rows if row["fault"]],
    }
    print(json.dumps(result["summary"], indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
