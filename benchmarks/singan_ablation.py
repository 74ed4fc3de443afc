"""What each choice of the fast preset costs and gains: one thing changed at a time, the same photos, the same seeds.

Variants that differ in sampling alone share a model. Photos are named before anything is trained.

    python benchmarks/singan_ablation.py --out benchmarks/results/singan_ablation.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from calotype.engines import singan
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.diversity import diversity
from calotype.metrics.originality import originality
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance

# Settings that leave training as it is: their variants use the model of the preset itself.
SAMPLING: dict[str, dict[str, Any]] = {
    "fast": {},
    "one candidate": {"candidates": 1},
    "no completeness": {"alpha": 0.0},
    "alpha 0.02": {"alpha": 0.02},
    "plain votes": {"spread": 0.0},
    "no restless noise": {"restless": 0.0},
    "restless noise 1": {"restless": 1.0},
    "patches of 7": {"patch": 7},
    "one replacement a level": {"patch_steps": 1},
}
TRAINING: dict[str, dict[str, Any]] = {
    "half the steps": {"steps": 500},
    "a quarter of the steps": {"steps": 250},
    "critic twice a step, half the steps": {"critic_steps": 2, "steps": 500},
    "penalty every second step": {"penalty_every": 2},
    "normalisation as it ran": {"settle": 0},
    "learned to 40 px": {"learned": 42},
    "learned to 62 px": {"learned": 63},
    "early scales, jointly": {"spacing": "early", "together": 3, "scales": 6},
    "all scales learned, on pieces": {"learned": 0, "widest": 32, "candidates": 1, "steps": 500},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--only", default="sigd16/3,places20/5,sigd16/13", help="photos")
    parser.add_argument("--variants", help="only these, with semicolons between")
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("runs/singan_ablation"), help="where models are kept")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    variants = {**SAMPLING, **TRAINING}
    if options.variants:
        variants = {name: variants[name] for name in options.variants.split(";")}
    features, rows = inception_stem(None), []
    for photo in options.only.split(","):
        rows += one_photo(photo, variants, features, options)
    summary = [averaged(name, [row for row in rows if row["variant"] == name]) for name in variants]
    for line in summary:
        print(line)
    if options.out:
        record = {**provenance(), "samples": options.samples, "features": features.name, "photos": options.only}
        options.out.write_text(json.dumps({**record, "summary": summary, "rows": rows}, indent=1) + "\n")


def one_photo(name: str, variants: dict[str, Any], features: Any, options: argparse.Namespace) -> list[dict[str, Any]]:
    group, stem = name.split("/")
    photo = to_tensor(open_photo(next((options.data / group / "photos").glob(f"{stem}.*"))))[:, :3]
    rows, pictures, labels = [], [to_image(photo)] * options.samples, [name] * options.samples
    for variant, changes in variants.items():
        cfg = replace(singan.PRESETS["fast"], **changes)
        key = "fast" if variant in SAMPLING else variant
        folder = options.work / f"{group}_{stem}_{key}".replace(" ", "_").replace(",", "")
        seconds, began = folder / "seconds", time.perf_counter()
        net = singan.train(photo, cfg, Run(folder))
        if not seconds.exists():
            seconds.write_text(f"{time.perf_counter() - began:.1f}")
        began = time.perf_counter()
        made = [
            singan.vary([photo], cfg, Run(), size=tuple(photo.shape[2:]), seed=seed, net=net)
            for seed in range(options.samples)
        ]
        took = (time.perf_counter() - began) / options.samples
        row = {
            "photo": name,
            "variant": variant,
            "sifid": statistics.fmean(sifid(photo, one, features) for one in made),
            "copied": statistics.fmean(originality(photo, one).copied for one in made),
            "diversity": diversity(photo, torch.cat(made)),
            "sample": took,
            "training": float(seconds.read_text()),
        }
        rows.append({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
        print(rows[-1], flush=True)
        pictures += [to_image(one) for one in made]
        labels += [variant] * options.samples
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        sheet: Image.Image = contact_sheet(pictures, labels, columns=options.samples, cell=250)
        sheet.save(options.sheets / f"{group}_{stem}.png")
    return rows


def averaged(variant: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("sifid", "copied", "diversity", "sample", "training")
    return {"variant": variant, **{name: round(statistics.fmean(row[name] for row in rows), 3) for name in names}}


if __name__ == "__main__":
    main()
