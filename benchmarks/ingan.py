"""Retargeting to half and twice the size in each direction: InGAN against GPNN and plain resizing, in SIFID.

``gpnn`` enlarges by a warp; two rows say what its other ways give. Beside ``fast`` stand its two halves: the network
alone, its layout merely enlarged, and the patches alone, on a layout that is merely stretched. With ``--ablation`` the
choices of ``fast`` are changed one at a time instead, on photos shrunk to 128 pixels. Trainings are kept in ``--work``
and gone on with.

    python benchmarks/ingan.py --out benchmarks/results/ingan.json
    python benchmarks/ingan.py --ablation --steps 200 --only retarget/jerusalem \\
        --out benchmarks/results/ingan_ablation.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from calotype.engines import gpnn, ingan
from calotype.engines.ingan.generate import patched
from calotype.engines.ingan.net import Net
from calotype.image.grid import contact_sheet
from calotype.image.io import open_photo, to_image, to_tensor
from calotype.image.resize import resize
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.run import Run
from machine import provenance

PHOTOS = "retarget/fruit,retarget/jerusalem,retarget/mountains,retarget/SupremeCourt,retarget/pinguins"
# What the height and the width are multiplied by.
FACTORS = {
    "half as wide": (1.0, 0.5),
    "half as high": (0.5, 1.0),
    "twice as wide": (1.0, 2.0),
    "twice as high": (2.0, 1.0),
}
# Larger sizes by a warp, the default; by seams; and as published, from the photo resized at the coarsest level.
GPNN = {
    "gpnn": gpnn.PRESETS["fast"],
    "gpnn, seams": replace(gpnn.PRESETS["fast"], enlarge="seams"),
    "gpnn, resized first": replace(gpnn.PRESETS["fast"], enlarge="resize"),
}
# Settings that leave training as it is: their variants use the model of the preset itself.
SAMPLING: dict[str, dict[str, Any]] = {
    "fast": {},
    "patches from 32 pixels on": {"patches_from": 32},
    "alpha 0.005": {"alpha": 0.005},
    "two replacements a level": {"patch_steps": 2},
    "patches of 5": {"patch_side": 5},
}
TRAINING: dict[str, dict[str, Any]] = {
    "patches not whitened": {"floor": 10.0, "judged": 140.0},
    "half the steps": {"steps": 0.5},
    "critics in the place of the distance": {"judge": "critics", "judged": 1.0, "spectral": True, "critic_width": 32},
    "batch norm by running means": {"norm": "batch", "average": 0.0},
    "all of the picture made by the network": {"residual": False, "warm": 100},
    "weights not averaged": {"average": 0.0},
    "no way back": {"reconstruction": 0.0},
    "layout left to the way back": {"layout": 0.0},
    "rectangles alone": {"bent": 0.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--only", default=PHOTOS, help="photos, as GROUP/NAME")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--steps", type=int, default=ingan.PRESETS["fast"].steps, help="of every ablated training")
    parser.add_argument("--variants", help="only these, with semicolons between")
    parser.add_argument("--work", type=Path, default=Path("runs/ingan"), help="where models are kept")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    bench = Bench(options)
    for name in options.only.split(","):
        bench.ablated(name) if options.ablation else bench.compared(name)
        bench.write()


class Bench:
    """All that the photos share, and the rows so far."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.features = options, inception_stem(None)
        self.rows: list[dict[str, Any]] = []

    def compared(self, name: str) -> None:
        """One photo by every system."""
        photo = read(self.options.data, name, 250)
        net, seconds = self.trained(name, photo, ingan.PRESETS["fast"], "fast")
        fast, run = ingan.PRESETS["fast"], Run()
        systems: dict[str, Callable[[tuple[int, int]], Tensor]] = {
            "resized": lambda size: resize(photo, size),
            **{
                name: lambda size, cfg=cfg: gpnn.retarget([photo], cfg, run, size=size, seed=0)
                for name, cfg in GPNN.items()
            },
            "ingan": lambda size: ingan.retarget([photo], fast, run, size=size, seed=0, net=net),
            "its network alone": lambda size: resize(
                net.resized(resize(photo, net.size), laid(net, photo, size)), size
            ),
            "its patches alone": lambda size: patched(
                resize(photo, laid(net, photo, size)), photo, size, fast, run, seed=0
            ),
        }
        for system, make in systems.items():
            self.measured(name, photo, system, make, seconds if system == "ingan" else 0.0)

    def ablated(self, name: str) -> None:
        """One photo by every variant."""
        photo = read(self.options.data, name, 128)
        variants, asked = {**SAMPLING, **TRAINING}, self.options.variants
        for variant in asked.split(";") if asked else variants:
            cfg = varied(variants[variant], self.options.steps)
            net, seconds = self.trained(name, photo, cfg, "fast 128" if variant in SAMPLING else variant)
            self.measured(
                name,
                photo,
                variant,
                lambda size, cfg=cfg, net=net: ingan.retarget([photo], cfg, Run(), size=size, seed=0, net=net),
                seconds,
            )
            self.write()

    def trained(self, name: str, photo: Tensor, cfg: Any, variant: str) -> tuple[Net, float]:
        """The net, and the processor's seconds that its training took, however often it was stopped."""
        folder = self.options.work / f"{name}_{variant}".replace("/", "_").replace(" ", "_")
        kept = folder / "seconds"
        began = time.process_time()
        net = ingan.train(photo, cfg, Run(folder))
        if not kept.exists():
            kept.write_text(f"{time.process_time() - began:.1f}")
        return net, float(kept.read_text())

    def measured(
        self, name: str, photo: Tensor, system: str, make: Callable[[tuple[int, int]], Tensor], training: float
    ) -> None:
        """A row for each factor."""
        pictures = []
        for factor, (down, across) in FACTORS.items():
            size = (round(photo.shape[2] * down), round(photo.shape[3] * across))
            began = time.process_time()
            made = make(size)
            seconds = time.process_time() - began
            row = {"photo": name, "system": system, "factor": factor}
            row |= {"sifid": round(sifid(photo, made, self.features), 4), "seconds": round(seconds, 2)}
            self.rows.append({**row, **({"training": training} if training else {})})
            pictures.append(to_image(made))
            print(self.rows[-1], flush=True)
        if self.options.sheets:
            self.options.sheets.mkdir(parents=True, exist_ok=True)
            sheet: Image.Image = contact_sheet(pictures, list(FACTORS), columns=4, cell=400)
            sheet.save(self.options.sheets / f"{name}_{system}.png".replace("/", "_").replace(" ", "_"))

    def summary(self) -> list[dict[str, Any]]:
        """Means over photos and factors, and over the photos for each factor."""
        lines = []
        for system in dict.fromkeys(row["system"] for row in self.rows):
            mine = [row for row in self.rows if row["system"] == system]
            by_factor = {f: mean([row for row in mine if row["factor"] == f], "sifid") for f in FACTORS}
            line = {"system": system, "sifid": mean(mine, "sifid"), **by_factor, "seconds": mean(mine, "seconds")}
            lines.append({**line, **({"training": mean(mine, "training")} if "training" in mine[0] else {})})
        return lines

    def write(self) -> None:
        """Say how it stands, and write it down."""
        for line in self.summary():
            print(line)
        if self.options.out:
            record = {
                **provenance(),
                "seed": 0,
                "photos": self.options.only,
                "features": self.features.name,
                "times": "of the processor, one thread",
            }
            if self.options.ablation:
                record["steps"] = self.options.steps
            text = json.dumps({**record, "summary": self.summary(), "rows": self.rows}, indent=1)
            self.options.out.write_text(text + "\n")


def mean(rows: list[dict[str, Any]], name: str) -> float:
    return round(statistics.fmean(row[name] for row in rows), 3)


def varied(changes: dict[str, Any], steps: int) -> Any:
    """``fast`` with some settings changed; its steps are given as a share of ``steps``."""
    return replace(ingan.PRESETS["fast"], **{**changes, "steps": round(changes.get("steps", 1) * steps)})


def laid(net: Net, photo: Tensor, size: tuple[int, int]) -> tuple[int, int]:
    """The size of the layout of a result."""
    share = net.size[0] / photo.shape[2]
    return max(16, round(size[0] * share)), max(16, round(size[1] * share))


def read(data: Path, name: str, side: int) -> Tensor:
    """A photo without transparency, its longer side at most ``side`` pixels: [1, 3, H, W]."""
    group, stem = name.split("/")
    folder = data / "tasks" / "retarget" if group == "retarget" else data / group / "photos"
    return to_tensor(open_photo(next(folder.glob(f"{stem}.*")), max_side=side))[:, :3]


if __name__ == "__main__":
    main()
