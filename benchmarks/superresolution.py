"""How much of a shrunk photo is won back by ``upscale``, next to bicubic enlargement and to other methods?

    python benchmarks/superresolution.py --data DATA --weights WEIGHTS --out OUT.json --sheets OUT

Each photo is cut to whole multiples of the factor, shrunk by it (bicubic, antialiased, eight bits), enlarged again and
compared with what it was: PSNR, RMSE in grey levels, SSIM, LPIPS-like distances. ``naturalness`` looks at the enlarged
picture alone, like NIQE; its model is fitted to the other photos at full size. A method is an engine of ``upscale`` and
a preset, or one of ``superresolution_methods.py``. Settings were chosen on the list ``CHOOSING``, the results are those
of ``REPORTING``. WEIGHTS is the folder of VGG-16; those of SPAN are fetched by ``calotype weights span``. CPU seconds
are those of one thread, training included.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.metrics.lpips import lpips
from calotype.metrics.naturalness import Statistics, natural_statistics, naturalness
from calotype.metrics.psnr import psnr
from calotype.metrics.ssim import ssim
from calotype.nn.features import LayeredFeatures
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import vgg16
from machine import provenance
from quality import names
from superresolution_methods import ESRGAN_FACTORS, dip, esrgan_slim

COLUMNS = ("psnr", "rmse", "ssim", "lpips_offline", "lpips", "naturalness", "seconds")
# Settings were chosen on the first list; reported is the second.
CHOOSING = "sigd16/1,sigd16/4,sigd16/7,sigd16/12,sigd16/16,places20/2,places20/5,places20/7,places20/12,places20/16"
REPORTING = (
    "upscale/crop_2092,upscale/crop_22093,upscale/crop_28096,upscale/crop_55067,upscale/crop_65010,upscale/crop_68077"
)
METHODS = "bicubic,singan fast,span fast,span paper,zssr fast,dip,esrgan-slim"
DIP = {"steps": 200, "channels": (8, 16, 32, 32)}


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
    for job in planned(Path(options.data), options.photos, options.factors):
        found, pictures = work(job, options.methods, features)
        rows += found
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet = contact_sheet(list(pictures.values()), list(pictures), columns=len(pictures), mark_first=True)
            sheet.save(options.sheets / f"{job.name.replace('/', '_')}_{job.factor}x.png")
        print(f"{job.name} {job.factor}x", flush=True)
    record = {
        **provenance(),
        "methods": options.methods,
        "photos": options.photos,
        "dip": DIP,
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
    parser.add_argument("--photos", default=REPORTING)
    parser.add_argument("--methods", type=lambda text: text.split(","), default=METHODS.split(","))
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the photos are: --data, or the environment variable CALOTYPE_DATA")
    return options


def planned(data: Path, photos: str, factors: Sequence[int]) -> Iterator[Job]:
    chosen = {name: to_tensor(open_photo(found(data, name)))[:, :3] for name in photos.split(",")}
    for factor in factors:
        for name, photo in chosen.items():
            height, width = (side // factor for side in photo.shape[2:])
            true = photo[:, :, : height * factor, : width * factor]
            others = [other for key, other in chosen.items() if key != name]
            natural = natural_statistics(others) if others else None
            yield Job(name, factor, true, to_image(resize(true, (height, width))), natural)


def found(data: Path, name: str) -> Path:
    """The file of a photo named like ``sigd16/2``."""
    group, stem = name.split("/")
    folder = data / "tasks" / "upscale" if group == "upscale" else data / group / "photos"
    return next(folder.glob(f"{stem}.*"))


def work(
    job: Job, methods: Sequence[str], features: dict[str, LayeredFeatures]
) -> tuple[list[dict[str, Any]], dict[str, Image.Image]]:
    """The rows of one photo at one factor, and the pictures by what made them."""
    pictures, seconds = {"photo": to_image(job.true)}, {"photo": None}
    for method in methods:
        if method == "esrgan-slim" and job.factor not in ESRGAN_FACTORS:
            continue
        pictures[method], seconds[method] = enlarged(job, method)
    return [measured(job, name, image, seconds[name], features) for name, image in pictures.items()], pictures


def enlarged(job: Job, method: str) -> tuple[Image.Image, float]:
    """The small photo enlarged, and the CPU seconds it took, training included."""
    small = to_tensor(open_photo(job.small))
    began = time.process_time()
    if method == "bicubic":
        made = to_image(resize(small, (job.true.shape[2], job.true.shape[3])))
    elif method == "dip":
        made = to_image(dip(small, job.factor, **DIP))
    elif method == "esrgan-slim":
        network = esrgan_slim(job.factor)
        began = time.process_time()
        made = to_image(network(small))
    else:
        made = upscaled(job, *method.split())
    return made, time.process_time() - began


def upscaled(job: Job, engine: str, preset: str) -> Image.Image:
    import calotype

    return calotype.upscale(job.small, float(job.factor), engine=engine, preset=preset)[0]


def measured(
    job: Job, system: str, image: Image.Image, seconds: float | None, features: dict[str, LayeredFeatures]
) -> dict[str, Any]:
    """One row; of the photo itself only what does not compare it with itself."""
    picture = to_tensor(open_photo(image))
    values: dict[str, float | None] = dict.fromkeys(COLUMNS)
    if system != "photo":
        error = math.sqrt((job.true - picture).square().mean()) * 127.5
        values |= {"psnr": psnr(job.true, picture), "rmse": error, "ssim": ssim(job.true, picture)}
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
