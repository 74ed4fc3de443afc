"""What the loss of OASIS and class-only normalisation (CLADE) do for SPADE and SMIS, on drawn scenes.

Each model learns from the set ``shapes`` at 32 pixels in three variants, for the same number of steps: as in its preset
``study``, with ``adversarial=oasis`` (and without feature matching), with ``modulation=class``. All have the loss of
pixels of that preset. Held-out scenes are drawn from their label maps. Measured are the Frechet distance to real scenes
with features of EfficientNet-Lite0 (not FID), pixel accuracy and mean IoU by a segmenter that was trained on real
scenes, processor seconds of the training, and milliseconds of one thread for a picture, by turns.

    calotype data shapes shapes
    python benchmarks/layout_options.py train shapes --work work --model spade --variant plain --seed 0
    python benchmarks/layout_options.py measure shapes --work work --out benchmarks/results/layout_options.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bachgan import SEGMENTER_STEPS, Maps, parts
from calotype import catalog, saving
from calotype.catalog import load
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.metrics.frechet import fid, self_distance
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from machine import provenance
from spade import UNet, seconds_of, seen, segmentation_loss, timed, trained_unet

SIDE, STEPS, TURNS = 32, 500, 20
MODELS = ("spade", "smis")
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "oasis": {"adversarial": "oasis", "feature_weight": 0.0},
    "class": {"modulation": "class"},
}


def config(model: str, variant: str, names: list[str], steps: int) -> Any:
    """The settings of a variant."""
    module = catalog.model(model)
    changes = {**VARIANTS[variant], "size": (SIDE, SIDE), "doublings": 3, "batch": 8, "steps": steps}
    return module.adapted(replace(module.PRESETS["study"], **changes), {"names": names})


def train(folder: Path, work: Path, model: str, variant: str, seed: int, steps: int) -> float:
    """Train a variant, or go on; its processor seconds."""
    learned, _, about = parts(folder)
    module, cfg = catalog.model(model), config(model, variant, about["names"], steps)
    place = work / f"{model} {variant} {seed}"
    stream = Stream(Maps(learned), cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: module.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", model, cfg, net, "", cfg.size, about=module.about(cfg))
    return seconds


def drawn(loaded: Any, index: Tensor, seed: int) -> Tensor:
    """A picture of a label map int64 [H, W]."""
    made: Tensor = loaded.engine.draw(loaded.config, Run(), net=loaded.net, label_map=index[None], seed=seed)
    return made


def measure(folder: Path, work: Path, seed: int, sheet: Path | None) -> dict[str, Any]:
    """What the models draw."""
    learned, held_out, about = parts(folder)
    classes = len(about["names"])
    samples = [held_out[i] for i in range(len(held_out))]
    maps, real = (torch.stack([sample[key] for sample in samples]) for key in ("map", "image"))
    network = chosen("auto")
    reference = embed(real.split(40), network)
    segmenter, _ = trained_unet(
        Maps(learned), UNet(3, classes, 16, depth=3), segmentation_loss, work, "segmenter", SEGMENTER_STEPS
    )
    rows, models, shown = {}, {}, {"real": real}
    for model in MODELS:
        for variant in VARIANTS:
            place = work / f"{model} {variant} {seed}"
            if not (place / "net").exists():
                continue
            loaded = models[f"{model} {variant}"] = load(place / "net")
            made = torch.cat([drawn(loaded, index, number) for number, index in enumerate(maps)])
            shown[f"{model} {variant}"] = made
            rows[f"{model} {variant}"] = {
                "steps": loaded.config.steps,
                "cpu_seconds": round(seconds_of(place)),
                "frechet": round(fid(reference, embed(made.split(40), network)), 2),
                **seen(segmenter, made, maps, classes),
            }
            print(model, variant, rows[f"{model} {variant}"], flush=True)
    spent: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(TURNS):
        for name, loaded in models.items():
            began = time.process_time()
            drawn(loaded, maps[turn], turn)
            spent[name].append(1000 * (time.process_time() - began))
    for name, times in spent.items():
        rows[name]["milliseconds"] = round(statistics.median(times), 2)
    if sheet:
        images = [
            to_image(each[i : i + 1].clamp(-1, 1)).resize((96, 96), 0) for i in range(6) for each in shown.values()
        ]
        contact_sheet(images, list(shown) * 6, columns=len(shown), cell=96).save(sheet)
    return {
        "features": network.name,
        "floor": round(self_distance(reference), 2),
        "real": seen(segmenter, real, maps, classes),
        "scenes": len(samples),
        "rows": rows,
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "measure"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--model", choices=MODELS, default="spade")
    asked.add_argument("--variant", choices=VARIANTS, default="plain")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--steps", type=int, default=STEPS)
    asked.add_argument("--sheet", type=Path, help="a contact sheet, outside the repository")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.what == "train":
        seconds = train(given.folder, given.work, given.model, given.variant, given.seed, given.steps)
        print(f"{given.model} {given.variant} {given.seed}: {seconds:.0f} s")
        return
    told = {**provenance(), "side": SIDE, "seed": given.seed}
    told |= measure(given.folder, given.work, given.seed, given.sheet)
    if given.out:
        given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
