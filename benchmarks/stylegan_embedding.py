"""Embedding photos in a StyleGAN2 that is trained here: one style against one for each layer, noise maps, and defects.

The generator is the preset ``study`` after 600 steps (two CPU minutes) on the set ``faces`` (2000 drawn faces of 32
pixels, seed 0). Photos are held-out faces of the set, and faces of another style that it has never seen (foreign).
Said are means over the photos: PSNR in decibel, ST-LPIPS with AlexNet of pictures enlarged to 64 pixels, and CPU
seconds of one thread. ``shifted`` photos are moved by 15 % of their width, ``covered`` ones have a black square of a
quarter of it: its PSNR is that outside of the square. ``resampled`` draws noise maps anew after they were optimised.
A stopped run goes on with the same command.

    calotype weights stlpips
    python benchmarks/stylegan_embedding.py --work WORK --out benchmarks/results/stylegan_embedding.json --sheet SHEET
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

import numpy as np
import torch
from torch import Tensor

from calotype.data.packages import fetched
from calotype.data.sets import dicebear
from calotype.data.sets.drawing import drawn
from calotype.data.stream import Stream
from calotype.image.io import to_image
from calotype.metrics.stlpips import stlpips
from calotype.models import stylegan
from calotype.models.stylegan.embedding import embed, psnr
from calotype.models.stylegan.generate import displayed
from calotype.models.stylegan.network import Net
from calotype.nn.shift_tolerant import shift_tolerant
from calotype.run import Run
from machine import provenance

TRAINED, SIDE, PHOTOS, FOREIGN = 2000, 32, 3, "open-peeps"
STEPS, NOISE_STEPS = 150, 100
CFG = replace(stylegan.PRESETS["study"], steps=600, average=1.0)


class Faces:
    """The first pictures of the set ``faces``, without its label maps."""

    def __init__(self, held: dict[str, Any], count: int) -> None:
        self.pictures = torch.cat([face(held, i) for i in range(count)])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return {"image": self.pictures[i]}


def face(held: dict[str, Any], number: int) -> Tensor:
    """A face of a style: [1, 3, side, side], -1..1."""
    chosen = dicebear.choose(held, np.random.default_rng((0, number)))
    picture = np.asarray(drawn(dicebear.svg(held, chosen), SIDE))
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 127.5 - 1


def trained(held: dict[str, Any], work: Path) -> Net:
    run = Run(work / "training", save_every_steps=50, on_event=lambda event: said(event))
    return stylegan.train(Stream(Faces(held, TRAINED), CFG.batch, seed=0), CFG, run)


def said(event: Any) -> None:
    if event.kind == "step" and event.step % 100 == 0:
        print(event.step, {name: round(value, 3) for name, value in event.values.items()}, flush=True)


def shifted(photo: Tensor) -> Tensor:
    across = round(0.15 * SIDE)
    return torch.cat([photo[..., :across].flip(3), photo[..., :-across]], 3)


def covered(photo: Tensor) -> tuple[Tensor, Tensor]:
    """With a black square, and the mask of what is outside of it."""
    side = SIDE // 4
    mask = torch.ones_like(photo)
    mask[..., SIDE // 2 - side : SIDE // 2, SIDE // 2 : SIDE // 2 + side] = 0
    return photo * mask - (1 - mask), mask


def outside(made: Tensor, photo: Tensor, mask: Tensor) -> float:
    return float(10 * torch.log10(4 * mask.mean() / ((made - photo) * mask).square().mean()))


def measured(net: Net, photos: list[Tensor], judge: Any) -> tuple[dict[str, Any], list[Tensor]]:
    """Means over some photos, and a row of pictures for each kind of result."""
    found: dict[str, list[float]] = {}
    shown: list[list[Tensor]] = [[] for _ in range(4)]

    def note(name: str, made: Tensor, photo: Tensor, seconds: float) -> None:
        found.setdefault(f"{name} psnr", []).append(float(psnr(made, photo)))
        sizes = {"size": (64, 64), "mode": "bilinear", "align_corners": False}
        pair = [torch.nn.functional.interpolate(each, **sizes) for each in (photo, made)]
        found.setdefault(f"{name} st-lpips", []).append(stlpips(pair[0], pair[1], judge).distance)
        found.setdefault(f"{name} seconds", []).append(seconds)

    for photo in photos:
        shown[0].append(photo)
        for row, space in enumerate(("w", "w+"), 1):
            began = time.process_time()
            code = embed(CFG, Run(), net=net, photo=photo, space=space, steps=STEPS)
            note(space, code.picture, photo, time.process_time() - began)
            shown[row].append(code.picture)
        began = time.process_time()
        noisy = embed(CFG, Run(), net=net, photo=photo, steps=STEPS, noise_steps=NOISE_STEPS)
        note("w+ and noise", noisy.picture, photo, time.process_time() - began)
        shown[3].append(noisy.picture)
        torch.manual_seed(0)
        fresh = displayed(net.generator(noisy.styles, [torch.randn_like(each) for each in noisy.noise]))
        found.setdefault("resampled psnr", []).append(float(psnr(fresh, photo)))
        moved = shifted(photo)
        aside = embed(CFG, Run(), net=net, photo=moved, steps=STEPS)
        found.setdefault("shifted psnr", []).append(float(psnr(aside.picture, moved)))
        spoilt, mask = covered(photo)
        mended = embed(CFG, Run(), net=net, photo=spoilt, steps=STEPS)
        found.setdefault("covered psnr", []).append(outside(mended.picture, photo, mask))
        found.setdefault("uncovered psnr", []).append(outside(code.picture, photo, mask))
    rows = [torch.cat(row, 3) for row in shown]
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the trained model")
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to write a sheet of the photos and results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    package = fetched(dicebear.STYLES, asked.packages)
    held, other = dicebear.style(package, "pixel-art"), dicebear.style(package, FOREIGN)
    net, judge = trained(held, asked.work), shift_tolerant("alex")
    kinds = {
        "held-out": [face(held, TRAINED + i) for i in range(PHOTOS)],
        "foreign": [face(other, i) for i in range(PHOTOS)],
    }
    found = {kind: measured(net, photos, judge) for kind, photos in kinds.items()}
    result = {
        "benchmark": "stylegan_embedding",
        **provenance(),
        "trained_pictures": TRAINED,
        "training_steps": CFG.steps,
        "photos": PHOTOS,
        "steps": STEPS,
        "noise_steps": NOISE_STEPS,
        "features": judge.name,
        "kinds": {kind: numbers for kind, (numbers, _) in found.items()},
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if asked.sheet:
        sheet = torch.cat([torch.cat(rows, 2) for _, rows in found.values()], 3)
        image = to_image(sheet.clamp(-1, 1))
        image.resize((3 * image.width, 3 * image.height), 0).save(asked.sheet)
    print(json.dumps(result["kinds"], indent=2))


if __name__ == "__main__":
    main()
