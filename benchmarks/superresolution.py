"""How much of a shrunk photo is won back by ``upscale``, next to plain bicubic enlargement?

    python benchmarks/superresolution.py --data DATA --weights WEIGHTS --engine singan --out OUT.json --sheets OUT

DATA holds ``tasks/upscale/``, a folder of photos. Each is cut to whole multiples of the factor, shrunk by it (bicubic,
antialiased, eight bits), enlarged again and compared with what it was. ``naturalness`` looks at the enlarged picture
alone; its model is fitted to the other photos at full size. With ``--presets ""`` bicubic is measured alone.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import list_photos, open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.metrics.lpips import lpips
from calotype.metrics.naturalness import Statistics, natural_statistics, naturalness
from calotype.metrics.psnr import psnr
from calotype.metrics.ssim import ssim
from calotype.nn.features import LayeredFeatures, offline_features, vgg16
from machine import provenance
from quality import names

COLUMNS = ("psnr", "ssim", "lpips_offline", "lpips", "naturalness", "seconds")


@dataclass(frozen=True)
class Job:
    """One photo at one factor: [1, 3, H, W] as it was, and what it was shrunk to."""

    name: str
    factor: int
    true: torch.Tensor
    small: Image.Image
    natural: Statistics | None


def main() -> None:
    options = arguments()
    features = {"lpips_offline": offline_features(), **({"lpips": vgg16(options.weights)} if options.weights else {})}
    started = time.perf_counter()
    rows = []
    for job in planned(options):
        found, pictures = work(job, options.engine, options.presets, features)
        rows += found
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet = contact_sheet(list(pictures.values()), list(pictures), columns=len(pictures), mark_first=True)
            sheet.save(options.sheets / f"{job.name}_{job.factor}x.png")
        print(f"{job.name} {job.factor}x", flush=True)
    record = {
        **provenance(),
        "engine": options.engine,
        "presets": options.presets,
        "seconds": round(time.perf_counter() - started, 1),
        "features": {name: found.name for name, found in features.items()},
        "summary": summary(rows),
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(table(record["summary"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--factors", type=lambda text: [int(x) for x in names(text)], default=[4, 2], help="like 4,2")
    parser.add_argument("--photos", type=int, help="only the first so many")
    parser.add_argument("--engine", default="singan")
    parser.add_argument("--presets", type=names, default=("fast",), help="compared with each other, like fast,paper")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the photos are: --data, or the environment variable CALOTYPE_DATA")
    return options


def planned(options: argparse.Namespace) -> Iterator[Job]:
    paths = list_photos(Path(options.data) / "tasks" / "upscale")
    photos = {path.stem: to_tensor(open_photo(path))[:, :3] for path in paths}
    for factor in options.factors:
        for name, photo in list(photos.items())[: options.photos]:
            height, width = (side // factor for side in photo.shape[2:])
            true = photo[:, :, : height * factor, : width * factor]
            others = [other for key, other in photos.items() if key != name]
            natural = natural_statistics(others) if others else None
            yield Job(name, factor, true, to_image(resize(true, (height, width))), natural)


def work(
    job: Job, engine: str, presets: tuple[str, ...], features: dict[str, LayeredFeatures]
) -> tuple[list[dict[str, Any]], dict[str, Image.Image]]:
    """The rows of one photo at one factor, and the pictures by what made them."""
    pictures = {"photo": to_image(job.true)}
    large = resize(to_tensor(open_photo(job.small)), (job.true.shape[2], job.true.shape[3]))
    pictures["bicubic"] = to_image(large)
    seconds: dict[str, float | None] = {"photo": None, "bicubic": None}
    for preset in presets:
        system = f"{engine} {preset}"
        pictures[system], seconds[system] = upscaled(job, engine, preset)
    return [measured(job, name, image, seconds[name], features) for name, image in pictures.items()], pictures


def upscaled(job: Job, engine: str, preset: str) -> tuple[Image.Image, float]:
    """The small photo enlarged by an engine, and the seconds it took, training included."""
    import calotype

    started = time.perf_counter()
    result = calotype.upscale(job.small, float(job.factor), engine=engine, preset=preset)
    return result[0], time.perf_counter() - started


def measured(
    job: Job, system: str, image: Image.Image, seconds: float | None, features: dict[str, LayeredFeatures]
) -> dict[str, Any]:
    """One row; of the photo itself only what does not compare it with itself."""
    picture = to_tensor(open_photo(image))
    values: dict[str, float | None] = dict.fromkeys(COLUMNS)
    if system != "photo":
        values |= {"psnr": psnr(job.true, picture), "ssim": ssim(job.true, picture)}
        values |= {name: lpips(job.true, picture, found).distance for name, found in features.items()}
    if job.natural:
        values["naturalness"] = naturalness(picture, job.natural)
    values["seconds"] = seconds
    rounded = {name: None if value is None else round(value, 5) for name, value in values.items()}
    return {"photo": job.name, "factor": job.factor, "system": system, **rounded}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean over the photos for each factor and system."""
    lines = []
    for factor in dict.fromkeys(row["factor"] for row in rows):
        for system in dict.fromkeys(row["system"] for row in rows):
            chosen = [row for row in rows if (row["factor"], row["system"]) == (factor, system)]
            columns = {name: [row[name] for row in chosen if row[name] is not None] for name in COLUMNS}
            mean = {name: round(statistics.fmean(values), 5) for name, values in columns.items() if values}
            lines.append({"factor": factor, "system": system, "photos": len(chosen), "mean": mean})
    return lines


def table(lines: list[dict[str, Any]]) -> str:
    text = [f"{'means':24}" + "".join(f"{name:>15}" for name in COLUMNS)]
    for line in lines:
        cells = (f"{line['mean'][name]:15.4f}" if name in line["mean"] else f"{'-':>15}" for name in COLUMNS)
        text.append(f"{line['factor']}x       {line['system']:15}" + "".join(cells))
    return "\n".join(text)


if __name__ == "__main__":
    main()
