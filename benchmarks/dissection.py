"""What a generator cannot draw, where it is known: StyleGAN2 trained on faces without the ones that wear glasses.

The set is ``calotype data faces --size 16 --count 8000``. The first 4000 faces are for training: those without glasses
train the generators, all of them the segmenter. Of the others, 2000 are the real set that is dissected against, and the
last 2000 stand in for a generator that lacks nothing.

    calotype data faces --size 16 --count 8000 --out FACES
    python benchmarks/dissection.py train --faces FACES --work WORK --seed 0           # 0 to 9
    python benchmarks/dissection.py train --faces FACES --work WORK --seed 0 --complete  # with the glasses: 0 to 2
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from calotype import saving
from calotype.data.samples import read_about, read_lines, read_map
from calotype.data.stream import Stream
from calotype.image.io import open_photo
from calotype.models import stylegan
from spade import timed

TRAINED, REAL = 4000, 2000
OMITTED = "glasses"
# ``small`` at half the size with few channels and steps: a minute of one core.
CONFIG = replace(
    stylegan.PRESETS["small"],
    resolution=16,
    base=256,
    discriminator_base=256,
    max_channels=48,
    steps=2000,
    average=2.0,
    augment="none",
    bf16=False,
)


class Pictures:
    """Pictures in memory as a data set."""

    def __init__(self, pictures: Tensor) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return {"image": self.pictures[i]}


def part_of(folder: Path, first: int, count: int) -> tuple[Tensor, Tensor]:
    """Pictures [N, 3, H, W], -1..1, and their maps, int64 [N, H, W]."""
    lines = read_lines(folder)[first : first + count]
    pictures = np.stack([open_photo(folder / line["image"]).rgb for line in lines])
    maps = np.stack([read_map(folder / line["map"]) for line in lines])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1, torch.from_numpy(maps.astype(np.int64))


def train(asked: argparse.Namespace) -> None:
    """Train one generator, or go on with it; the model is written to ``WORK/NAME/net``."""
    pictures, maps = part_of(asked.faces, 0, TRAINED)
    if not asked.complete:
        omitted = read_about(asked.faces)["map_classes"].index(OMITTED)
        pictures = pictures[~(maps == omitted).flatten(1).any(1)]
    name = f"{'complete' if asked.complete else 'omitted'}{asked.seed}"
    stream = Stream(Pictures(pictures), CONFIG.batch, seed=asked.seed)
    net, seconds = timed(asked.work / name, asked.seed, lambda run: stylegan.train(stream, CONFIG, run))
    if not (asked.work / name / "net").exists():
        saving.write(asked.work / name / "net", "stylegan", CONFIG, net, "", stylegan.picture_size(CONFIG))
    print(f"{name}: {len(pictures)} pictures, {CONFIG.steps} steps in {seconds:.0f} CPU seconds", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train"])
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--complete", action="store_true", help="with the glasses")
    asked = parser.parse_args()
    {"train": train}[asked.what](asked)


if __name__ == "__main__":
    main()
