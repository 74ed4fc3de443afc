"""One training of SinGAN as published at its true size, 250 pixels, as far as it got.

The training is a command of its own, which takes days on a processor and goes on where it was stopped:

    calotype train singan examples/photos/mountains.jpg --preset paper --out RUN

This script reads its folder, also while it runs: for each finished scale the error of the photo's reconstruction and
the largest value in it (pictures are -1..1, and the sum of the scales is not limited), and for the finest one samples.
``hours`` is the time between the previews of a scale and of the one before, on a busy machine at the lowest priority.

    python benchmarks/singan_full.py --run RUN --sheet docs/images/singan_paper.jpg \\
        --out benchmarks/results/singan_full.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import datetime
import json
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.engines import singan
from calotype.engines.singan.net import Net
from calotype.engines.singan.pyramid import reals
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.metrics.diversity import diversity
from calotype.metrics.originality import originality
from calotype.run import Run
from machine import provenance

PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "mountains.jpg"
SAMPLES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--trained-at", help="commit that the training runs at; default: that of this checkout")
    parser.add_argument("--sheet", type=Path, help="picture of the reconstructions and of samples")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    about = json.loads((options.run / "about.json").read_text())
    cfg = singan.PRESETS["paper"]
    photo = to_tensor(open_photo(PHOTO))
    with tempfile.TemporaryDirectory() as copy:  # the training goes on meanwhile
        shutil.copytree(options.run, copy, dirs_exist_ok=True)
        net = singan.unfinished(photo, cfg, Run(copy, seed=about.get("seed", 0)))
    if net is None:
        raise SystemExit("no scale is finished yet")
    targets = reals(photo, cfg)
    record = {
        **provenance(),
        "trained_at": options.trained_at or provenance()["commit"],
        "photo": PHOTO.name,
        "preset": "paper",
        "seed": about.get("seed", 0),
        "steps": cfg.steps,
        "scales_in_all": len(targets),
        "scales": scales(net, targets, hours_of(options.run / "previews", about["when"])),
        "samples": SAMPLES,
        **measured(net, targets[net.depth - 1]),
    }
    print(json.dumps(record, indent=1))
    if options.out:
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.sheet:
        sheet(net, targets).save(options.sheet, quality=88)


def hours_of(previews: Path, began: str) -> list[float]:
    """Hours that each finished scale took."""
    ends = sorted(path.stat().st_mtime for path in previews.glob("scale *.png"))
    times = [datetime.datetime.fromisoformat(began).timestamp(), *ends]
    return [round((after - before) / 3600, 2) for before, after in pairwise(times)]


@torch.no_grad()
def scales(net: Net, targets: list[Tensor], hours: list[float]) -> list[dict[str, Any]]:
    """Size, error and largest value of the reconstruction at each finished scale."""
    rows = []
    for k in range(net.depth):
        made = net.reconstruction(k + 1)
        assert made is not None
        rows.append(
            {
                "size": list(net.sizes[k]),
                "rmse": round(float((made - targets[k]).square().mean().sqrt()), 4),
                "largest": round(float(made.abs().max()), 3),
                "hours": hours[k],
            }
        )
    return rows


def sampled(net: Net, begin: int, count: int) -> list[Tensor]:
    """Samples of the finest finished scale, of the seeds 0 to ``count - 1``: [1, 3, h, w] each, -1..1."""
    made = [net.sample(1, net.depth, rng=torch.Generator().manual_seed(seed), begin=begin) for seed in range(count)]
    return [one.clamp(-1, 1) for one in made if one is not None]


@torch.no_grad()
def measured(net: Net, real: Tensor) -> dict[str, Any]:
    """Diversity and copies of the samples of the finest finished scale, from noise and from the scale above it."""
    found = {}
    for name, begin in (("free", 0), ("loose", 1)):
        made = sampled(net, begin, SAMPLES)
        copied = [originality(real, one, patch=7).copied for one in made[:5]]
        found[name] = {"diversity": diversity(real, torch.cat(made)), "copied": sum(copied) / len(copied)}
    return found


@torch.no_grad()
def sheet(net: Net, targets: list[Tensor]) -> Any:
    """The photo's reconstruction at each finished scale; below it samples of the finest one."""
    size = net.sizes[net.depth - 1]
    again = [net.reconstruction(k + 1) for k in range(net.depth)]
    pictures = [targets[net.depth - 1], *(one.clamp(-1, 1) for one in again if one is not None)]
    labels = ["photo", *(f"reconstruction {width} x {height}" for height, width in net.sizes[: net.depth])]
    columns = len(pictures)
    for name, begin in (("free", 0), ("loose", 1)):
        made = sampled(net, begin, columns)
        pictures += made
        labels += [f"{name}, {size[1]} x {size[0]}, seed {seed}" for seed in range(columns)]
    return contact_sheet([to_image(one) for one in pictures], labels, columns=columns, cell=220)


if __name__ == "__main__":
    main()
