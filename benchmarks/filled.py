"""Objects removed from photos and photos expanded, by Calotype and by other programs, for a user study.

Writes one folder of pictures for each method, named after their photos: ``WORK/removed`` with an ellipse around a real
object as the hole (``OBJECTS``), and ``WORK/expanded`` with 50 pixels added on the left and on the right. No setting
was chosen on these photos. Methods are those of ``peers.py``; all get the same hole.

    python benchmarks/filled.py --data DATA --work WORK --peers OTHER_ENVIRONMENT/bin/python --gmic GMIC \\
        --out benchmarks/results/filled.json
    calotype study WORK/removed/photos WORK/removed/calotype WORK/removed/pypatchmatch ... --kind ranking -o STUDY
    python benchmarks/filled.py --task removed --study STUDY --out benchmarks/results/filled.json

With ``--package`` only the photos of a Debian package are expanded, those of ``wider.py``: ``WORK/package``.

With ``--study`` the answers of a finished study are added: preferences, and ranks by photo.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from calotype.image.io import open_photo
from calotype.tasks.study import study
from machine import provenance
from peers import CHOOSING, HERE, Filler, versions
from wider import photos_in, ranks

# An ellipse around an object: centre and radii, pixels (x, y, rx, ry). Five were enlarged after a first run, which left
# parts of the object.
OBJECTS = {
    "sigd16/3": (168, 148, 31, 31),
    "sigd16/5": (134, 49, 52, 19),
    "sigd16/6": (124, 100, 31, 32),
    "sigd16/8": (175, 80, 22, 34),
    "sigd16/10": (222, 32, 25, 25),
    "sigd16/11": (113, 84, 18, 25),
    "sigd16/13": (78, 98, 54, 33),
    "sigd16/14": (114, 122, 58, 17),
    "places20/6": (79, 89, 17, 38),
    "places20/13": (213, 155, 25, 34),
    "places20/19": (197, 58, 47, 48),
    "places20/20": (138, 100, 21, 33),
}
EXPANDED = (
    *("sigd16/3", "sigd16/6", "sigd16/9", "sigd16/11", "sigd16/13", "sigd16/14"),
    *("places20/3", "places20/8", "places20/9", "places20/10", "places20/11", "places20/18"),
)
ADDED = 50


def removed(photo: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The photo, and the ellipse around its object as a hole, bool [H, W]."""
    x, y, rx, ry = OBJECTS[name]
    rows, columns = np.mgrid[: photo.shape[0], : photo.shape[1]]
    return photo, ((columns - x) / rx) ** 2 + ((rows - y) / ry) ** 2 < 1


def expanded(photo: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The photo with empty columns on the left and on the right, and these as a hole, bool [H, W]."""
    hole = np.ones((photo.shape[0], photo.shape[1] + 2 * ADDED), bool)
    hole[:, ADDED:-ADDED] = False
    return np.pad(photo, ((0, 0), (ADDED, ADDED), (0, 0))), hole


TASKS = {
    "removed": (tuple(OBJECTS), removed),
    "expanded": (EXPANDED, expanded),
    # The photos that settings were chosen by.
    "chosen": (tuple(CHOOSING.split(",")), expanded),
}
PACKAGE = "package"


def given(options: argparse.Namespace) -> Iterator[tuple[str, str, np.ndarray, np.ndarray, np.ndarray]]:
    """Task, name, photo, what is to be filled, and the hole, of all pictures."""
    if options.package:
        for name, image in photos_in(options.package, options.first).items():
            photo = np.asarray(image)
            yield (PACKAGE, name, photo, *expanded(photo, name))
        return
    for task, (names, prepared) in TASKS.items():
        for name in names:
            group, stem = name.split("/")
            photo = open_photo(next((options.data / group / "photos").glob(f"{stem}.*"))).rgb
            yield (task, name, photo, *prepared(photo, name))


def fillers(options: argparse.Namespace) -> list[Filler]:
    """The methods whose programs were given."""
    found = [Filler("calotype", sys.executable, "calotype", str(HERE.parent / "src"), None)]
    if options.peers:
        found += [Filler(name, options.peers, name, None, None) for name in ("pypatchmatch", "resynthesizer")]
    if options.gmic:
        found.append(Filler("gmic", options.peers or sys.executable, "gmic", None, options.gmic))
    return found


def made(photo: np.ndarray, hole: np.ndarray, filler: Filler, folder: Path) -> tuple[Image.Image, float]:
    """The photo with its hole filled, and the CPU seconds."""
    paths = [folder / f"{part}.png" for part in ("photo", "mask", "made")]
    Image.fromarray(np.where(hole[..., None], 0, photo).astype(np.uint8)).save(paths[0])
    Image.fromarray(hole.astype(np.uint8) * 255).save(paths[1])
    seconds = filler.fill(*paths)["cpu_seconds"]
    with Image.open(paths[2]) as filled:
        return Image.fromarray(np.where(hole[..., None], np.asarray(filled.convert("RGB")), photo)), seconds


def add_study(folder: Path, task: str, out: Path, builds: str | None) -> None:
    """Add the answers of a study to the result, or to a new one."""
    result = json.loads(out.read_text("utf-8")) if out.exists() else {"benchmark": "filled", **provenance()}
    answered = study([folder]).as_dict()
    if builds:
        result["builds"] = dict(pair.split("=") for pair in builds.split(","))
    result.setdefault("studies", {})[task] = {
        "participants": answered["participants"],
        "rows": answered["rows"],
        "preferences": answered["preferences"],
        "ranks": ranks(folder),
    }
    out.write_text(json.dumps(result, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--package", type=Path, help="the file of gcompris-qt-data 3.1-2, whose photos are expanded")
    parser.add_argument("--first", type=int, default=2, help="number of the first of these photos: 0, 1 or 2")
    parser.add_argument("--work", type=Path, help="folder of the pictures")
    parser.add_argument("--peers", help="Python of the environment of the other programs")
    parser.add_argument("--gmic", help="command of G'MIC")
    parser.add_argument("--task", choices=[*TASKS, PACKAGE], help="of --study")
    parser.add_argument("--study", type=Path, help="folder of a finished study")
    parser.add_argument("--builds", help="what the methods of --study are, for the record: NAME=COMMIT,NAME=PROGRAM")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.study:
        add_study(options.study, options.task, options.out, options.builds)
        return
    methods, rows = fillers(options), []
    with tempfile.TemporaryDirectory() as scratch:
        for task, name, photo, wanted, hole in given(options):
            pictures: dict[str, Image.Image] = {"photos": Image.fromarray(np.ascontiguousarray(photo))}
            for filler in methods:
                pictures[filler.name], seconds = made(wanted, hole, filler, Path(scratch))
                rows.append({"photo": name, "task": task, "method": filler.name, "cpu_seconds": round(seconds, 3)})
            for method, picture in pictures.items():
                folder = options.work / task / method
                folder.mkdir(parents=True, exist_ok=True)
                picture.save(folder / f"{name.replace('/', '_')}.png")
            print(task, name, flush=True)
    for filler in methods:
        filler.close()
    record: dict[str, Any] = {
        "benchmark": "filled",
        **provenance(),
        "seed": 0,
        "objects": {} if options.package else {name: list(place) for name, place in OBJECTS.items()},
        "others": versions(options),
        "median_cpu_seconds": {
            f"{task}, {method.name}": round(
                statistics.median(
                    row["cpu_seconds"] for row in rows if (row["task"], row["method"]) == (task, method.name)
                ),
                3,
            )
            for task in dict.fromkeys(row["task"] for row in rows)
            for method in methods
        },
        "rows": rows,
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
