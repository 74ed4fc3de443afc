"""Photos made wider by ``retarget``, beside seam carving (ImageMagick's liquid-rescale) and the published GPNN start.

Writes one folder of pictures for each method, named after their photos, for a user study (``calotype study PHOTOS
METHODS --kind ranking``), and the CPU seconds of each, one thread, methods by turns. ``warp`` is the preset; ``seams``
the default before, ``enlarge=seams``; ``resized`` is ``enlarge=resize``: the photo is resized at the coarsest level, as
in the paper of GPNN.

    apt download gcompris-qt-data=3.1-2
    python benchmarks/wider.py --package gcompris-qt-data_3.1-2_all.deb --work WORK --out benchmarks/results/wider.json
    calotype study WORK/photos WORK/warp WORK/seams WORK/liquid --kind ranking -o STUDY --criterion "The photo was made
        1.5 times as wide. Which result do you prefer: a natural photo of the same scene, with nothing stretched,
        doubled, streaked or smeared? Press the best first."
    python benchmarks/wider.py --work WORK --study STUDY --out benchmarks/results/wider.json

With ``--study`` the answers of a study are added: preferences, ranks by photo, and in how many pairs the measures
``displacement`` and ``unevenness`` of ``calotype.metrics`` prefer what the participants preferred.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import io
import itertools
import json
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from calotype.data.archives import members, resources
from calotype.engines import gpnn
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.evenness import unevenness
from calotype.metrics.structure import displacement
from calotype.run import Run
from calotype.tasks.study import study
from machine import provenance

CFG = gpnn.PRESETS["fast"]
SIDE, FACTOR = 256, 1.5
# Photos of the Debian package gcompris-qt-data: every fourth, third and fifth of those of these activities, from the
# third on. Settings were chosen by the pictures of earlier studies: places20, sigd16 and retarget of DATA, and the
# photos of the package from the first and the second on.
ACTIVITIES = (("explore_monuments", 4), ("erase", 3), ("explore_world_animals", 5))
LEAST = 400  # pixels of the shorter side of a photo in the package


def photos_in(package: Path, first: int = 2) -> dict[str, Image.Image]:
    """The photos of the package by name, from the number ``first`` on, their longer side ``SIDE``."""
    files = {f"usr/share/gcompris-qt/rcc/{name}.rcc": (name, every) for name, every in ACTIVITIES}
    found = {}
    for path, data in members(package, lambda path: path in files):
        name, every = files[path]
        folder = f"gcompris/src/activities/{name}/resource/"
        photos = {}
        for inside, content in resources(data, lambda inside: inside.endswith(".webp")):
            if not inside.startswith(folder):
                continue
            photo = Image.open(io.BytesIO(content)).convert("RGB")
            if min(photo.size) >= LEAST:
                photo.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
                photos[f"{name}/{inside.removeprefix(folder).removesuffix('.webp')}"] = photo
        found |= {chosen: photos[chosen] for chosen in sorted(photos)[first::every]}
    return found


def retargeted(photo: Image.Image, size: tuple[int, int], **settings: Any) -> Image.Image:
    """``photo`` in ``size`` (width, height) by GPNN."""
    cfg = gpnn.Config(**{**CFG.__dict__, **settings})
    made = gpnn.retarget([to_tensor(open_photo(photo))], cfg, Run(), size=(size[1], size[0]), seed=0)
    return to_image(made)


def liquid(program: str, photo: Image.Image, size: tuple[int, int], work: Path) -> Image.Image:
    """``photo`` in ``size`` (width, height) by the ``convert`` of ImageMagick."""
    given, made = work / "given.png", work / "made.png"
    photo.save(given)
    subprocess.run([program, str(given), "-liquid-rescale", f"{size[0]}x{size[1]}!", str(made)], check=True)
    with Image.open(made) as opened:
        return opened.convert("RGB")


def timed(make: Callable[[], Image.Image]) -> tuple[Image.Image, float]:
    """The picture and the CPU seconds of this process and of those it started."""

    def spent() -> float:
        here, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return here.ru_utime + here.ru_stime + children.ru_utime + children.ru_stime

    began = spent()
    made = make()
    return made, spent() - began


def ranks(folder: Path) -> list[dict[str, Any]]:
    """For each answer the photo and the methods, best first."""
    pictures = json.loads((folder / "key.json").read_text("utf-8"))["pictures"]
    found = []
    for path in sorted((folder / "answers").glob("*.json")):
        for answer in json.loads(path.read_text("utf-8"))["answers"]:
            chosen = [pictures[one] for one in answer["choice"]]
            found.append({"photo": chosen[0]["photo"], "best_first": [one["method"] for one in chosen]})
    return sorted(found, key=lambda row: row["photo"])


def add_study(folder: Path, work: Path, out: Path) -> None:
    """Add the answers of a study to the result."""
    result, answered = json.loads(out.read_text("utf-8")), study([folder]).as_dict()
    ordered = ranks(folder)
    pairs = sum(len(row["best_first"]) * (len(row["best_first"]) - 1) // 2 for row in ordered)
    result["study"] = {
        "participants": answered["participants"],
        "rows": answered["rows"],
        "preferences": answered["preferences"],
        "ranks": ordered,
        "displacement_agrees": round(agreeing(displacement, ordered, work) / pairs, 3),
        "unevenness_agrees": round(agreeing(unevenness, ordered, work) / pairs, 3),
        "pairs": pairs,
    }
    out.write_text(json.dumps(result, indent=1) + "\n")


def agreeing(measure: Callable[[Any, Any], float], ordered: list[dict[str, Any]], work: Path) -> int:
    """The number of pairs of which a measure prefers what the participants preferred."""
    found, known = 0, {}
    for row in ordered:
        photo, methods = row["photo"], row["best_first"]
        for method in methods:
            if (photo, method) not in known:
                known[photo, method] = measure(opened(work / "photos", photo), opened(work / method, photo))
        values = [known[photo, method] for method in methods]
        found += sum(better < worse for better, worse in itertools.combinations(values, 2))
    return found


def opened(folder: Path, photo: str) -> Any:
    """A picture of the study as a tensor."""
    return to_tensor(open_photo(folder / f"{Path(photo).stem}.png"))[:, :3]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, help="the file of gcompris-qt-data 3.1-2")
    parser.add_argument("--convert", default="convert", help="the program of ImageMagick 6, with lqr")
    parser.add_argument("--work", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--study", type=Path, help="folder of a finished study of the pictures in --work")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.study:
        add_study(options.study, options.work, options.out)
        return
    rows, began = [], time.time()
    for name, photo in photos_in(options.package).items():
        size = (round(FACTOR * photo.width), photo.height)
        methods: dict[str, Callable[[], Image.Image]] = {
            "warp": lambda photo=photo, size=size: retargeted(photo, size),
            "seams": lambda photo=photo, size=size: retargeted(photo, size, enlarge="seams"),
            "resized": lambda photo=photo, size=size: retargeted(photo, size, enlarge="resize"),
            "liquid": lambda photo=photo, size=size: liquid(options.convert, photo, size, options.work),
        }
        for method, make in {"photos": lambda photo=photo: photo, **methods}.items():
            made, seconds = timed(make)
            folder = options.work / method
            folder.mkdir(parents=True, exist_ok=True)
            made.save(folder / f"{name.replace('/', '_')}.png")
            if method in methods:
                rows.append({"photo": name, "method": method, "size": list(size), "cpu_seconds": round(seconds, 2)})
    summary = {
        method: round(statistics.median(row["cpu_seconds"] for row in rows if row["method"] == method), 2)
        for method in ("warp", "seams", "resized", "liquid")
    }
    print(summary, f"{time.time() - began:.0f} s")
    if options.out:
        result = {"benchmark": "wider", **provenance(), "seed": 0, "side": SIDE, "factor": FACTOR, "rows": rows}
        result |= {"median_cpu_seconds": summary, "torch_threads": torch.get_num_threads()}
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
