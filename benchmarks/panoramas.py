"""COCO-GAN round a cylinder: are its panoramas as seamless where they close as everywhere else?

Panoramas that anyone can have are rare: so each is a photo beside its mirror image, which closes as they do. The
photos are those of ``calotype data photos``, of which the two classes with a sky above a ground are taken.

    calotype data photos --count 900 --out photos
    python benchmarks/panoramas.py photos --out benchmarks/results/panoramas.json --sheets sheets
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype.data.stream import Stream
from calotype.image.io import open_photo, to_tensor
from calotype.image.resize import resize
from calotype.metrics.frechet import fid
from calotype.models import cocogan
from calotype.models.cocogan.generate import panorama
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from cocogan import batched, border_ratio, sheet
from machine import provenance

LABELS = (1, 3)  # monuments and power stations


class PanoramaJob:
    """Photos beside their mirror images, as a set: {image: [3, side, 2 side]}, -1..1."""

    def __init__(self, folder: Path, side: int) -> None:
        lines = [json.loads(line) for line in (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
        photos = [to_tensor(open_photo(folder / line["image"])) for line in lines if line["label"] in LABELS]
        self.pictures = [
            torch.cat([small, small.flip(3)], dim=3)[0] for small in (resize(p, (side, side)) for p in photos)
        ]

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return {"image": self.pictures[i]}


def closing(pictures: Tensor) -> float:
    """Mean absolute difference of the last and the first column, as a multiple of that of neighbouring columns."""
    steps = pictures.diff(dim=3).abs().mean()
    return float((pictures[..., -1] - pictures[..., 0]).abs().mean() / steps)


def turned(pictures: Tensor) -> Tensor:
    """Each turned by an angle of its own, as a panorama may begin anywhere."""
    return torch.stack([each.roll(7 * i % pictures.shape[3], dims=2) for i, each in enumerate(pictures)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="the folder that calotype data has made")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("panoramas-work"))
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--side", type=int, default=32)
    asked = parser.parse_args()
    torch.set_num_threads(1)

    cell = asked.side // 4
    cfg = replace(
        cocogan.PRESETS["small"],
        size=(asked.side, 2 * asked.side),
        macro=2 * cell,
        micro=cell,
        overlap=cell // 4,
        coordinates="cylindrical",
        steps=asked.steps,
    )
    data = PanoramaJob(asked.photos, asked.side)
    asked.work.mkdir(parents=True, exist_ok=True)

    def heard(event: Any) -> None:
        if event.kind == "save":
            print(f"{event.step} of {event.steps}", flush=True)

    began = time.process_time()
    net = cocogan.train(Stream(data, cfg.batch, seed=0), cfg, Run(asked.work, on_event=heard))
    seconds = time.process_time() - began

    real = turned(torch.stack(data.pictures))
    made = torch.cat([panorama(cfg, Run(), net=net, seed=seed) for seed in range(len(real))])
    twice = torch.cat([panorama(cfg, Run(), net=net, seed=s, size=(cfg.size[0], 2 * cfg.size[1])) for s in range(12)])
    features = chosen("auto")
    result = {
        "benchmark": "panoramas",
        **provenance(),
        "size": list(cfg.size),
        "pictures": len(data),
        "steps": cfg.steps,
        "cpu_seconds": round(seconds),
        "closing": {"real": round(closing(real), 4), "made": round(closing(made), 4)},
        "border_ratio": {"real": round(border_ratio(real, cell), 4), "made": round(border_ratio(made, cell), 4)},
        "second_round_differs_by": float((twice[..., : cfg.size[1]] - twice[..., cfg.size[1] :]).abs().max()),
        "frechet": round(fid(embed(batched(real), features), embed(batched(made), features)), 2),
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if asked.sheets:
        asked.sheets.mkdir(parents=True, exist_ok=True)
        sheet(real[:24], asked.sheets / "real_panoramas.png", 6)
        sheet(made[:24], asked.sheets / "panoramas.png", 6)
        sheet(twice, asked.sheets / "panoramas_twice.png", 3)


if __name__ == "__main__":
    main()
