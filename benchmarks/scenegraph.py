"""Scene graphs to pictures, on drawn scenes whose things have hues and textures of their own.

A model (preset ``study``) learns from the set ``shapes``, with and without the mismatch term of the discriminator of
pictures. All but the last 500 scenes are learned from; of the others, 200 are used. Measured are:

- Boxes: the share of objects whose box has an intersection over union of at least 0.5 with the real one, and the mean,
  with attributes of size and location and without.
- Relations: the share of the input's relations that the boxes have, without attributes; beside it, the share of the
  same relations where G is given others: those of a permutation of the objects.
- Looks: a thing takes the look of one of its class, and of a flat texture, in another scene. The angle between the hue
  of its pixels and that of the donor, and how much the pixels outside of it change relative to those inside; for both
  models. Places are the real ones.
- Archetypes: the share of the crops of a cluster (the finest) that have its most frequent hue, texture and both; the
  difference of neighbouring archetypes relative to that of random ones.

    calotype data shapes shapes
    python benchmarks/scenegraph.py train shapes --work work --model mismatch --seed 0      # none
    python benchmarks/scenegraph.py measure shapes --work work --seeds 0 --out benchmarks/results/scenegraph.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from calotype import saving
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.models import scenegraph
from machine import provenance
from spade import timed

SIDE, HELD_OUT, USED = 32, 500, 200
MODELS = ("mismatch", "none")


class Part:
    """Some samples of a set."""

    def __init__(self, samples: Samples, numbers: Sequence[int]) -> None:
        self.samples, self.numbers = samples, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        return self.samples[self.numbers[i]]


def parts(folder: Path) -> tuple[Part, Part, list[str]]:
    """Scenes to learn from, held-out ones, and the names of the classes."""
    samples = Samples(folder, (SIDE, SIDE), keys=["image", "instances", "boxes"])
    count = len(samples) - HELD_OUT
    held_out = range(count, count + USED)
    return Part(samples, range(count)), Part(samples, held_out), list(samples.about["classes"])


def config(model: str, names: list[str], steps: int | None) -> Any:
    """The settings of a model."""
    cfg = scenegraph.adapted(scenegraph.PRESETS["study"], {"names": names})
    cfg = replace(cfg, mismatch_weight=0.0) if model == "none" else cfg
    return replace(cfg, steps=steps) if steps else cfg


def train(folder: Path, work: Path, model: str, seed: int, steps: int | None) -> float:
    """Train a model, or go on; its processor seconds."""
    learned, _, names = parts(folder)
    cfg, place = config(model, names, steps), work / f"{model} {seed}"
    stream = Stream(learned, cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: scenegraph.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "scenegraph", cfg, net, "", cfg.size, about=scenegraph.about(cfg))
    return seconds


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "measure"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--model", choices=MODELS, default="mismatch")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument("--steps", type=int)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.what == "train":
        print(
            f"{given.model} {given.seed}: {train(given.folder, given.work, given.model, given.seed, given.steps):.0f} s"
        )
        return
    measured = {model: measure(given.folder, given.work, model, given.seeds) for model in MODELS}
    told = {**provenance(), "side": SIDE, "scenes": USED, "seeds": given.seeds, "models": measured}
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
