"""Reading photos: a photo of 24 megapixels in a wide gamut, and a folder of 1000 small photos.

``photo``: the JPEG, made here from a seed, is read by ``open_photo`` and, by turns in the same process, by Pillow's own
decoder followed by its ICC transform to sRGB. CPU seconds of one thread; medians and the quickest. The goal is a ratio
of 1.1.

``folder``: the photos of a folder are listed, and those that this program made are recognised, as every verb does that
is given a folder; by this build and by the one in ``--before``, by turns, each in processes of its own. CPU seconds
without the imports. The goal is half of the time of commit 0070264.

    git archive 0070264 src | tar -x -C EARLIER
    OMP_NUM_THREADS=1 python benchmarks/files.py --before EARLIER/src --out benchmarks/results/files.json
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from calotype.image.icc import ADOBE_RGB, icc_profile
from calotype.image.io import open_photo, save_png
from machine import provenance

GOALS = {"photo": 1.1, "folder": 0.5}
WIDTH, HEIGHT = 6000, 4000
COUNT = 1000
SOURCE = Path(__file__).parents[1] / "src"
CHECK = """
import sys, time
from pathlib import Path
try:
    from calotype.cli.inputs import sources
except ModuleNotFoundError:  # its name in earlier builds
    from calotype.cli.sources import sources
import calotype.image.io
folder = Path(sys.argv[1])
sources(str(folder), folder, quiet=True)  # what is imported late
took = []
for _ in range(5):
    began = time.process_time()
    found = sources(str(folder), folder, quiet=True)
    took.append(time.process_time() - began)
print(len(found), min(took))
"""


def large_photo(folder: Path, seed: int) -> Path:
    """A JPEG of 24 megapixels with texture, in Adobe RGB."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (HEIGHT // 16, WIDTH // 16, 3), np.uint8))
    values = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).astype(np.int16)
    values += rng.integers(-6, 7, (HEIGHT, WIDTH, 1), np.int16)
    path = folder / "large.jpg"
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(path, quality=92, icc_profile=icc_profile(ADOBE_RGB))
    return path


def by_pillow(path: Path) -> Any:
    """What Pillow does alone."""
    image = Image.open(path)
    image.load()
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, profile, srgb, ImageCms.Intent.PERCEPTUAL, outputMode="RGB")


def cpu_seconds(work: Callable[[Path], Any], path: Path) -> float:
    began = time.process_time()
    work(path)
    return time.process_time() - began


def of_photo(folder: Path, rounds: int, seed: int) -> dict[str, Any]:
    """CPU seconds of both, by turns."""
    path = large_photo(folder, seed)
    off = np.abs(open_photo(path).rgb.astype(np.int16) - np.asarray(by_pillow(path))).max()
    took: dict[str, list[float]] = {"pillow": [], "calotype": []}
    for _ in range(rounds):
        took["pillow"].append(cpu_seconds(by_pillow, path))
        took["calotype"].append(cpu_seconds(open_photo, path))
    row = {name: _numbers(seconds) for name, seconds in took.items()}
    return {"megapixels": WIDTH * HEIGHT / 1e6, "levels_apart": int(off), **row, **_ratios(row, "calotype", "pillow")}


def folder_of(folder: Path, kind: str, seed: int) -> Path:
    """1000 small photos: PNGs, one in ten of them a result, or JPEGs."""
    place = folder / kind
    place.mkdir()
    rng = np.random.default_rng(seed)
    for number in range(COUNT):
        image = Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8))
        if kind == "png" and number % 10 == 0:
            save_png(image, place / f"photo{number}_vary_0.png", {"verb": "vary", "seed": 0})
        else:
            image.save(place / f"photo{number}.{kind}")
    return place


def checked(source: Path, folder: Path) -> tuple[int, float]:
    """Photos found and CPU seconds by the build in ``source``."""
    surroundings = {**os.environ, "PYTHONPATH": str(source.resolve())}
    words = [sys.executable, "-c", CHECK, str(folder)]
    found, seconds = subprocess.run(words, env=surroundings, capture_output=True, text=True, check=True).stdout.split()
    return int(found), float(seconds)


def of_folder(folder: Path, kind: str, before: Path, rounds: int, seed: int) -> dict[str, Any]:
    """CPU seconds of both builds, by turns."""
    place = folder_of(folder, kind, seed)
    took: dict[str, list[float]] = {"before": [], "now": []}
    found: dict[str, int] = {}
    for _ in range(rounds):
        for name, source in (("before", before), ("now", SOURCE)):
            found[name], seconds = checked(source, place)
            took[name].append(seconds)
    row = {name: _numbers(seconds, 5) for name, seconds in took.items()}
    return {"kind": kind, "files": COUNT, "photos": found, **row, **_ratios(row, "now", "before")}


def _numbers(seconds: list[float], digits: int = 3) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), digits), "quickest": round(min(seconds), digits)}


def _ratios(row: dict[str, dict[str, float]], one: str, other: str) -> dict[str, float]:
    return {f"ratio_{kind}": round(row[one][kind] / row[other][kind], 3) for kind in ("median", "quickest")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="folder with the package of the earlier build")
    parser.add_argument("--before-commit", default="0070264")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = of_photo(folder, options.rounds, options.seed)
        folders = [of_folder(folder, kind, options.before, options.rounds, options.seed) for kind in ("png", "jpg")]
    result = {
        "benchmark": "files",
        **provenance(),
        "before": options.before_commit,
        "seed": options.seed,
        "rounds": options.rounds,
        "goals": GOALS,
        "photo": photo,
        "folders": folders,
    }
    print(json.dumps({"photo": photo, "folders": folders}, indent=1))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
