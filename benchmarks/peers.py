"""Fills of holes whose contents are known, by Calotype and by other programs, by turns, one thread each.

    python benchmarks/peers.py --data DATA --weights WEIGHTS --peers OTHER_ENVIRONMENT/bin/python --before SRC \\
        --out benchmarks/results/peers.json --sheets OUT

Tasks: ``blob`` (a hole of irregular outline, 50 pixels wide), ``wires`` (three lines across the photo, 3 pixels wide),
``expand`` (the outer 30 pixels), and a blob of 250 pixels in photos of 1250x1000 for the time. ``--peers`` is the
Python of an environment with PyPatchMatch, scikit-image and resynthesizer; ``--gmic`` the command of G'MIC;
``--before`` the folder ``src`` of an earlier checkout. Methods that are not given are left out. PSNR is that of the
hole; LPIPS is that of its bounding box with a margin. CPU seconds are those of the fill, without starting the program.
With ``--package`` the photos are all those that ``wider.py`` finds in a Debian package, at 256 pixels: a longer list of
photos by which no setting was chosen.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_tensor
from calotype.metrics.lpips import lpips
from calotype.metrics.psnr import psnr
from calotype.nn.vgg import vgg16
from machine import provenance
from wider import photos_in

HERE = Path(__file__).parent
# Settings were chosen on the first list; reported is the second.
CHOOSING = "sigd16/1,sigd16/4,sigd16/7,sigd16/12,sigd16/16,places20/2,places20/5,places20/7,places20/12,places20/16"
REPORTING = (
    "sigd16/2,sigd16/3,sigd16/5,sigd16/6,sigd16/8,sigd16/9,sigd16/10,sigd16/11,"
    "places20/1,places20/3,places20/4,places20/6,places20/8,places20/9,places20/10,places20/11"
)
LARGE = "pagoda,stream,mountains"
LARGE_SIZE = (1250, 1000)
MARGIN = 16


def blob(height: int, width: int, noise: np.random.Generator, across: int = 50) -> np.ndarray:
    """A hole of irregular outline within a circle, bool [height, width]."""
    y, x = np.mgrid[:height, :width]
    radius = across / 2
    top, left = noise.uniform(radius + 2, height - radius - 2), noise.uniform(radius + 2, width - radius - 2)
    angle, bend = np.arctan2(y - top, x - left), np.zeros((height, width))
    for n in (2, 3, 4, 5):
        bend += noise.normal() * np.cos(n * angle + noise.uniform(0, 2 * np.pi)) / n
    inside: np.ndarray = np.hypot(y - top, x - left) < radius * (1 + 0.25 * np.tanh(bend))
    return inside


def wires(height: int, width: int, noise: np.random.Generator, count: int = 3, thick: int = 3) -> np.ndarray:
    """Lines across the photo that sag in the middle, bool [height, width]."""
    mask = Image.new("L", (width, height))
    t = np.linspace(0, 1, 60)
    for _ in range(count):
        ends = noise.uniform(0, height, 2)
        middle = ends.mean() + noise.uniform(0, height * 0.15)
        y = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * middle + t**2 * ends[1]
        ImageDraw.Draw(mask).line(list(zip((t * width).tolist(), y.tolist())), fill=255, width=thick)
    return np.asarray(mask) > 0


def expand(height: int, width: int, noise: np.random.Generator, added: int = 30) -> np.ndarray:
    """The outer pixels, bool [height, width]."""
    mask = np.ones((height, width), bool)
    mask[added : height - added, added : width - added] = False
    return mask


TASKS = {"blob": blob, "wires": wires, "expand": expand}


class Filler:
    """A process of ``peer_methods.py``."""

    def __init__(self, name: str, python: str, method: str, source: str | None, gmic: str | None) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": source or "", "GMIC": gmic or "gmic"}
        self.name = name
        self._process = subprocess.Popen(
            [python, str(HERE / "peer_methods.py"), method],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def fill(self, photo: Path, mask: Path, made: Path) -> dict[str, float]:
        """Fill a hole; returns CPU seconds and the peak memory of the process so far."""
        assert self._process.stdin is not None
        print(
            json.dumps({"photo": str(photo), "mask": str(mask), "made": str(made)}),
            file=self._process.stdin,
            flush=True,
        )
        return self._answer()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with an error")
        answer: dict[str, float] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def fillers(options: argparse.Namespace) -> list[Filler]:
    source = str(HERE.parent / "src")
    found = [Filler("calotype", sys.executable, "calotype", source, None)]
    if options.before:
        found.append(Filler("before", sys.executable, "calotype", options.before, None))
    if options.peers:
        found += [
            Filler(name, options.peers, name, None, None) for name in ("pypatchmatch", "biharmonic", "resynthesizer")
        ]
    if options.gmic:
        found.append(Filler("gmic", options.peers or sys.executable, "gmic", None, options.gmic))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", type=Path, required=True, help="folder with VGG-16")
    parser.add_argument("--photos", default=REPORTING)
    parser.add_argument("--package", type=Path, help="the file of gcompris-qt-data 3.1-2: its photos instead")
    parser.add_argument("--tasks", default="blob,wires,expand", help="of those photos")
    parser.add_argument("--large", default=LARGE, help="photos of examples/photos")
    parser.add_argument("--peers", help="Python of the environment of the other programs")
    parser.add_argument("--gmic", help="command of G'MIC")
    parser.add_argument("--before", help="folder src of an earlier checkout")
    parser.add_argument("--before-commit", help="its commit, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the first hole of each photo")
    parser.add_argument("--holes", type=int, default=1, help="of each task in each photo")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    judge, methods = vgg16(options.weights), fillers(options)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        given = of_package(options.package) if options.package else of_data(options.data, options.photos.split(","))
        for number, (name, photo) in enumerate(given):
            for task in options.tasks.split(","):
                for seed in range(options.seed, options.seed + options.holes):
                    mask = TASKS[task](*photo.shape[:2], np.random.default_rng([seed, number]))
                    label = f"{name} hole {seed}" if options.holes > 1 else name
                    rows += one(Path(folder), label, task, photo, mask, methods, judge, options.sheets)
            print(name, flush=True)
        for number, name in enumerate(filter(None, options.large.split(","))):
            with Image.open(HERE.parent / "examples" / "photos" / f"{name}.jpg") as image:
                photo = np.asarray(image.convert("RGB").resize(LARGE_SIZE, Image.Resampling.LANCZOS))
            mask = blob(*photo.shape[:2], np.random.default_rng([options.seed, number]), 250)
            some = [filler for filler in methods if filler.name in ("calotype", "before", "pypatchmatch")]
            rows += one(Path(folder), name, "large", photo, mask, some, judge, options.sheets)
            print(name, flush=True)
    for filler in methods:
        filler.close()
    record = {
        "benchmark": "peers",
        **provenance(),
        "seed": options.seed,
        "holes": options.holes,
        "before": options.before_commit,
        "others": versions(options),
        "judge": judge.name,
        "photos": options.package.name if options.package else options.photos,
        "large": options.large,
        "summary": summary(rows),
        "rows": rows,
    }
    print(json.dumps(record["summary"], indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


def of_data(data: Path, names: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Names and photos, uint8 [height, width, 3], of the folder of data."""
    for name in names:
        group, stem = name.split("/")
        yield name, open_photo(next((data / group / "photos").glob(f"{stem}.*"))).rgb


def of_package(package: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and photos, uint8 [height, width, 3], of a Debian package."""
    photos = {name: photo for first in range(3) for name, photo in photos_in(package, first).items()}
    for name in sorted(photos):
        yield name, np.asarray(photos[name])


def one(
    folder: Path,
    name: str,
    task: str,
    photo: np.ndarray,
    mask: np.ndarray,
    methods: list[Filler],
    judge: Any,
    sheets: Path | None,
) -> list[dict[str, Any]]:
    """Fill one hole by all methods. What is in the hole is not shown to them."""
    paths = [folder / f"{part}.png" for part in ("photo", "mask", "made")]
    broken = np.where(mask[..., None], 0, photo).astype(np.uint8)
    Image.fromarray(broken).save(paths[0])
    Image.fromarray(mask.astype(np.uint8) * 255).save(paths[1])
    whole, hole = to_tensor(open_photo(photo)), torch.from_numpy(mask)
    box = surroundings(mask)
    rows, pictures, labels = [], [photo, np.where(mask[..., None], 255, photo).astype(np.uint8)], [name, "hole"]
    for filler in methods:
        if filler.name == "biharmonic" and task == "expand":
            continue  # takes minutes, for a smooth surface
        answer = filler.fill(*paths)
        made = np.where(mask[..., None], np.asarray(Image.open(paths[2]).convert("RGB")), photo)
        tensor = to_tensor(open_photo(made))
        row = {
            "photo": name,
            "task": task,
            "method": filler.name,
            "psnr": round(psnr(tensor[:, :, None, hole], whole[:, :, None, hole]), 3),
            "lpips": round(lpips(tensor[box], whole[box], judge).distance, 4),
            "cpu_seconds": round(answer["cpu_seconds"], 3),
            "peak_mib": answer["peak_mib"],
        }
        rows.append(row)
        pictures.append(made)
        labels.append(f"{filler.name} {row['psnr']:.1f}")
    if sheets:
        sheets.mkdir(parents=True, exist_ok=True)
        shown = [Image.fromarray(np.ascontiguousarray(x)) for x in pictures]
        stem = f"{task}_{name}".replace("/", "_").replace(" ", "_")
        contact_sheet(shown, labels, columns=len(shown), cell=250).save(sheets / f"{stem}.png")
    return rows


def surroundings(mask: np.ndarray) -> tuple[Any, ...]:
    """The bounding box of the hole with a margin, of an image tensor."""
    found = [np.flatnonzero(mask.any(axis)) for axis in (1, 0)]
    return (..., *(slice(max(0, x[0] - MARGIN), x[-1] + 1 + MARGIN) for x in found))


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means of each task and method, and in how many holes its LPIPS is below that of PyPatchMatch."""
    found = []
    for task, method in dict.fromkeys((row["task"], row["method"]) for row in rows):
        some = [row for row in rows if (row["task"], row["method"]) == (task, method)]
        other = {row["photo"]: row["lpips"] for row in rows if (row["task"], row["method"]) == (task, "pypatchmatch")}
        found.append(
            {
                "task": task,
                "method": method,
                "holes": len(some),
                **{
                    key: round(statistics.fmean(row[key] for row in some), 4)
                    for key in ("psnr", "lpips", "cpu_seconds")
                },
                "nearer_than_pypatchmatch": sum(row["lpips"] < other[row["photo"]] for row in some) if other else None,
            }
        )
    return found


def versions(options: argparse.Namespace) -> dict[str, str]:
    """Versions of the other programs."""
    found: dict[str, str] = {}
    if options.peers:
        names = ("PyPatchMatch", "scikit-image", "resynthesizer")
        code = (
            "import json, sys; from importlib.metadata import version; print(json.dumps([*map(version, sys.argv[1:])]))"
        )
        said = subprocess.run([options.peers, "-c", code, *names], capture_output=True, text=True, check=True)
        found |= dict(zip(names, json.loads(said.stdout)))
    if options.gmic:
        said = subprocess.run([options.gmic, "-version"], capture_output=True, text=True, check=True)
        found["G'MIC"] = re.findall(r"\d+\.\d+\.\d+", said.stdout + said.stderr)[0]
    return found


if __name__ == "__main__":
    main()
