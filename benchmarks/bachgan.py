"""Pictures from boxes of salient objects, on drawn scenes whose things tell the background.

BachGAN (preset ``study``), the same without fusion (``retrieval``) and SPADE on boxes alone (``none``) learn from the set
``shapes`` for the same number of steps. All but the last 500 scenes are learned from; 200 of the others are drawn from
the boxes of their things. Measured are:

- Retrieval: the share of queries with a thing whose best map is of the query's kind of scene, that of its three best
  maps, chance, the mean score relative to that of random maps, and processor seconds of one thread for one query in 3000
  maps of 32 x 32 and of 64 x 64 pixels.
- The Frechet distance to real scenes, with features of EfficientNet-Lite0 (not FID), and beside it that of the two halves
  of the real ones; pixel accuracy and mean IoU by a segmenter that was trained on real scenes alone.
- Background swap: a map of another kind of scene is pinned. Outside of the boxes, the mean IoU of what the segmenter
  finds with that map, and with the map that was retrieved before; in the boxes, how often the most frequent thing is the
  one that was asked for.

    calotype data shapes shapes
    python benchmarks/bachgan.py train shapes --work work --model fusion --seed 0      # retrieval, none
    python benchmarks/bachgan.py measure shapes --work work --seeds 0 1 2 --out benchmarks/results/bachgan.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.metrics.frechet import fid, self_distance
from calotype.models import bachgan
from calotype.models.bachgan.boxes import backgrounds, box_planes, boxes_of_map, filled
from calotype.models.bachgan.network import BoxLayouts
from calotype.models.bachgan.retrieval import areas_of, ranked, scores
from calotype.nn.embedding import chosen, embed
from machine import provenance
from spade import UNet, seconds_of, segmentation_loss, timed, trained_unet

SIDE, HELD_OUT, USED = 32, 500, 200
MODELS = ("fusion", "retrieval", "none")
STEPS = 900


class Part:
    """Some samples of a set."""

    def __init__(self, samples: Samples, numbers: Sequence[int]) -> None:
        self.samples, self.numbers = samples, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return self.samples[self.numbers[i]]


def parts(folder: Path, side: int = SIDE) -> tuple[Part, Part, dict[str, Any]]:
    """Scenes to learn from, held-out ones, and what the set says of its classes."""
    samples = Samples(folder, (side, side), keys=["image", "map", "label"])
    count = len(samples) - HELD_OUT
    about = {"names": list(samples.about["map_classes"]), "things": list(samples.about["things"])}
    return Part(samples, range(count)), Part(samples, range(count, count + USED)), about


def config(model: str, about: dict[str, Any], steps: int = STEPS) -> Any:
    """The settings of a model."""
    return bachgan.adapted(replace(bachgan.PRESETS["study"], background=model, steps=steps), about)


class Maps:
    """The pictures and maps of a part, without the kinds of scenes."""

    def __init__(self, part: Part) -> None:
        self.part = part

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        sample = self.part[i]
        return {"image": sample["image"], "map": sample["map"]}


def train(folder: Path, work: Path, model: str, seed: int, steps: int) -> float:
    """Train a model, or go on; its processor seconds."""
    learned, _, about = parts(folder)
    cfg, place = config(model, about, steps), work / f"{model} {seed}"
    stream = Stream(Maps(learned), cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: bachgan.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "bachgan", cfg, net, "", cfg.size, about=bachgan.about(cfg))
    return seconds


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "measure"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--model", choices=MODELS, default="fusion")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument("--steps", type=int, default=STEPS)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.what == "train":
        seconds = train(given.folder, given.work, given.model, given.seed, given.steps)
        print(f"{given.model} {given.seed}: {seconds:.0f} s")
        return
    measured = {**retrieval(given.folder), **measure(given.folder, given.work, given.seeds)}
    told = {**provenance(), "side": SIDE, "scenes": USED, "steps": given.steps, "seeds": given.seeds, **measured}
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
