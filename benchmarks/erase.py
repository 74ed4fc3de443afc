"""Squares held back from photos and filled again: how near to what was there, next to the fills of other libraries?

    python benchmarks/erase.py --data DATA --weights WEIGHTS --out benchmarks/results/erase.json --sheets OUT

Of every photo some squares of 5 % of its area are held back, one at a time, at places drawn by a seed. Others: OpenCV's
inpaint (Telea; Navier-Stokes) where it is installed, and scikit-image's biharmonic inpainting. A fill can be right
without being what was there: PSNR favours what is smooth. The similarity is that of the square and a margin around it.
Then a photo of one megapixel with such a square, for the time.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from calotype.engines import completion
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.lpips import lpips
from calotype.metrics.psnr import psnr
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import vgg16
from calotype.run import Run
from machine import provenance

SHARE, MARGIN = 0.05, 16
# Named before any of them was looked at with a fill in it.
PHOTOS = "sigd16/1,sigd16/4,sigd16/7,sigd16/12,sigd16/16,places20/2,places20/5,places20/7,places20/12,places20/16"
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "fast": ("fast", {}),
    "no gradients": ("fast", {"edge": 0.0, "last_edge": 0.0}),
    "last level as the others": ("fast", {"last_spread": 0.2, "last_edge": 0.5}),
    "no coherence": ("fast", {"coherence": 0.0}),
    "no position": ("fast", {"near": 0.0}),
    "no rim": ("fast", {"rim": 0}),
    "fine": ("fine", {}),
    "paper": ("paper", {}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", type=Path, default=os.environ.get("CALOTYPE_WEIGHTS"), help="folder with VGG-16")
    parser.add_argument("--only", default=PHOTOS, help="photos")
    parser.add_argument("--squares", type=int, default=2, help="of every photo")
    parser.add_argument("--large", type=Path, help="a photo that the time at one megapixel is measured on")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    judges = {"lpips_offline": offline_features(), **({"lpips": vgg16(options.weights)} if options.weights else {})}
    methods = every_method()
    rows: list[dict[str, Any]] = []
    for name in options.only.split(","):
        rows += one_photo(name, methods, judges, options)
        print(name, flush=True)
    summary = {method: means([row for row in rows if row["method"] == method]) for method in methods}
    record = {
        **provenance(),
        "others": {package: installed(package) for package in ("opencv-python-headless", "scikit-image")},
        "judges": {name: judge.name for name, judge in judges.items()},
        "photos": options.only,
        "summary": summary,
        "rows": rows,
    }
    if options.large:
        record["one_megapixel"] = at_one_megapixel(options.large)
    print(json.dumps({**summary, "large": record.get("one_megapixel")}, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")


def every_method() -> dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]]:
    """Each takes a photo [1, 3, H, W] and a hole [1, 1, H, W], and fills it."""
    methods: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {}
    for variant, (preset, changes) in VARIANTS.items():
        cfg = replace(completion.PRESETS[preset], **changes)
        methods[variant] = lambda photo, hole, cfg=cfg: completion.fill([photo], cfg, Run(), hole=hole, seed=0)
    if find_spec("cv2"):
        methods["opencv telea"] = lambda photo, hole: by_opencv(photo, hole, "INPAINT_TELEA")
        methods["opencv navier-stokes"] = lambda photo, hole: by_opencv(photo, hole, "INPAINT_NS")
    if find_spec("skimage"):
        methods["scikit-image biharmonic"] = by_skimage
    return methods


def by_opencv(photo: torch.Tensor, hole: torch.Tensor, flag: str) -> torch.Tensor:
    import cv2

    picture = np.asarray(to_image(photo))
    made = cv2.inpaint(picture, (hole[0, 0].numpy() * 255).astype(np.uint8), 5, getattr(cv2, flag))
    return to_tensor(open_photo(made))


def by_skimage(photo: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
    from skimage.restoration import inpaint_biharmonic

    picture = (photo[0].permute(1, 2, 0).numpy() + 1) / 2
    made = inpaint_biharmonic(picture, hole[0, 0].numpy() > 0, channel_axis=-1)
    return torch.from_numpy(made).float().permute(2, 0, 1)[None].clamp(0, 1) * 2 - 1


def one_photo(name: str, methods: dict[str, Any], judges: dict[str, Any], options: Any) -> list[dict[str, Any]]:
    group, stem = name.split("/")
    photo = to_tensor(open_photo(next((options.data / group / "photos").glob(f"{stem}.*"))))[:, :3]
    rows, pictures, labels = [], [], []
    for square in range(options.squares):
        hole, box = held_back(photo, seed=square)
        broken = torch.where(hole > 0, torch.zeros_like(photo), photo)
        pictures += [to_image(photo), to_image(broken)]
        labels += [name, "held back"]
        for method, fill in methods.items():
            began = time.perf_counter()
            made = fill(broken, hole)
            seconds = time.perf_counter() - began
            inside, around = part(box, 0, photo), part(box, MARGIN, photo)
            row = {"photo": name, "square": square, "method": method, "seconds": round(seconds, 3)}
            row["psnr"] = round(psnr(made[inside], photo[inside]), 3)
            for judge, features in judges.items():
                row[judge] = round(lpips(made[around], photo[around], features).distance, 4)
            rows.append(row)
            pictures.append(to_image(made))
            labels.append(f"{method[:28]} {row['psnr']:.1f}")
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        sheet = contact_sheet(pictures, labels, columns=2 + len(methods), cell=250)
        sheet.save(options.sheets / f"{group}_{stem}.png")
    return rows


def held_back(photo: torch.Tensor, seed: int) -> tuple[torch.Tensor, tuple[int, int, int]]:
    """A hole [1, 1, H, W] of one square, and its top, left and side."""
    height, width = photo.shape[2:]
    side = round((SHARE * height * width) ** 0.5)
    drawn = np.random.default_rng(seed).random(2)
    top, left = round(drawn[0] * (height - side)), round(drawn[1] * (width - side))
    hole = torch.zeros(1, 1, height, width)
    hole[:, :, top : top + side, left : left + side] = 1
    return hole, (top, left, side)


def part(box: tuple[int, int, int], margin: int, photo: torch.Tensor) -> tuple[slice, ...]:
    top, left, side = box
    rows = slice(max(0, top - margin), min(photo.shape[2], top + side + margin))
    return slice(None), slice(None), rows, slice(max(0, left - margin), min(photo.shape[3], left + side + margin))


def means(rows: list[dict[str, Any]]) -> dict[str, float]:
    names = [name for name in rows[0] if name not in ("photo", "square", "method")]
    return {name: round(statistics.fmean(row[name] for row in rows), 4) for name in names}


def at_one_megapixel(path: Path) -> dict[str, Any]:
    """Seconds for a square of 5 % in one megapixel, with one thread and with as many as there are cores."""
    photo = to_tensor(open_photo(path))[:, :3]
    scale = (1e6 / (photo.shape[2] * photo.shape[3])) ** 0.5
    size = (round(photo.shape[2] * scale), round(photo.shape[3] * scale))
    photo = torch.nn.functional.interpolate(photo, size, mode="bicubic", antialias=True).clamp(-1, 1)
    hole, _ = held_back(photo, seed=0)
    seconds = {}
    for threads in (1, os.cpu_count() or 1):
        torch.set_num_threads(threads)
        began = time.perf_counter()
        completion.fill([photo], completion.PRESETS["fast"], Run(), hole=hole, seed=0)
        seconds[f"threads_{threads}"] = round(time.perf_counter() - began, 2)
    torch.set_num_threads(1)
    return {"photo": path.name, "size": list(photo.shape[2:]), "hole": int(hole.sum()), "seconds": seconds}


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
