"""Fine-tuning of StyleGAN2 with few pictures: from nothing, from a generator, with its discriminator, and frozen parts.

The network is that of ``dissection.py``, 16 pixels, trained on drawn faces without glasses. It is fine-tuned to 100
faces with glasses, with each of some numbers of the discriminator's first layers frozen (Freeze-D), with a new
discriminator, and trained anew with as many steps. Said is the Frechet distance (features that need no weights) of 1000
samples to 1000 other faces with glasses, precision and recall (k = 3), means over the seeds; beside them the pictures
of the network as it was, and the 100 themselves.

    python benchmarks/stylegan_finetuning.py --out benchmarks/results/stylegan_finetuning.json --sheet SHEET
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
from calotype.models import stylegan
from calotype.models.stylegan.finetuning import Start
from calotype.models.stylegan.network import Net
from calotype.models.stylegan.trainer import Trainer
from calotype.nn.embedding import chosen, embed
from calotype.run import Run, fit
from dissection import CONFIG, Pictures
from machine import provenance
from stylegan import measured, mirrored, sheet
from stylegan_common import STYLE

STEPS, FEW, TRAINED, HELD_OUT, SAMPLES = 600, 100, 4000, 1000, 1000
FROZEN = (0, 4, 7)  # none, all of 16 pixels, and those of 8 pixels too
OMITTED = "glasses"


def faces(held: dict[str, Any], first: int, count: int, glasses: bool) -> Tensor:
    """Faces that all wear glasses, or none: [count, 3, side, side]."""
    variants = sorted(held["components"][OMITTED]["variants"])
    made = []
    for number in range(first, first + count):
        rng = np.random.default_rng((0, number))
        face = dicebear.choose(held, rng)
        there = {name: value for name, value in face.variants.items() if name != OMITTED}
        if glasses:
            there[OMITTED] = variants[int(rng.integers(len(variants)))]
        picture = np.asarray(drawn(dicebear.svg(held, replace(face, variants=there)), CONFIG.resolution))
        made.append(torch.from_numpy(picture.copy()).permute(2, 0, 1) / 127.5 - 1)
    return torch.stack(made)


def begun(pictures: Tensor) -> Start:
    """The networks after a training on the faces without glasses."""
    run = Run(seed=0)
    run.reseed("pictures")
    trainer = Trainer(CONFIG, run.device)
    stream = Stream(Pictures(pictures), CONFIG.batch, seed=0)
    fit(trainer.step, trainer.state, stream, run, steps=CONFIG.steps, stage="pictures")
    return Start(CONFIG, trainer.average.module.state_dict(), trainer.discriminator.state_dict())


@torch.no_grad()
def samples(net: Net) -> Tensor:
    z = torch.randn(SAMPLES, CONFIG.latent, generator=torch.Generator().manual_seed(0))
    return torch.cat([net.generator(net.generator.styles(some)).clamp(-1, 1) for some in z.split(50)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder with dicebear-styles, if it was fetched by hand")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path, help="where to write samples of each network")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    held = dicebear.style(fetched(dicebear.STYLES, asked.packages), STYLE)
    start = begun(faces(held, 0, TRAINED, glasses=False))
    few = faces(held, TRAINED, FEW, glasses=True)
    features = chosen("offline")
    real = embed(mirrored(faces(held, TRAINED + FEW, HELD_OUT, glasses=True)).split(50), features)
    cfg = replace(CONFIG, steps=STEPS, decay_at=1.0, average=1.0)
    ways: dict[str, tuple[Start | None, int]] = {
        "trained anew": (None, 0),
        "with a new discriminator": (replace(start, discriminator=None), 0),
    }
    ways |= {f"{count} layers frozen": (start, count) for count in FROZEN}
    found: dict[str, list[dict[str, float]]] = {}
    pictures = {"the few": mirrored(few)}
    before = stylegan.build(CONFIG).eval()
    before.load_state_dict(dict(start.net))
    pictures["before"] = samples(before)
    for name, made in pictures.items():
        found[name] = [measured(real, embed(made.split(50), features))]
    seconds: dict[str, float] = {}
    for seed in asked.seeds:
        stream = Stream(Pictures(few), cfg.batch, seed=seed)
        for name, (origin, frozen) in ways.items():
            began = time.process_time()
            net = stylegan.train(stream, cfg, Run(seed=seed), begun=origin, frozen=frozen)
            seconds[name] = seconds.get(name, 0.0) + (time.process_time() - began) / len(asked.seeds)
            made = samples(net)
            pictures.setdefault(name, made)
            found.setdefault(name, []).append(measured(real, embed(made.split(50), features)))
            print(seed, name, json.dumps(found[name][-1]), flush=True)
    result = {
        "benchmark": "stylegan_finetuning",
        **provenance(),
        "seeds": asked.seeds,
        "trained_steps": CONFIG.steps,
        "steps": STEPS,
        "pictures": FEW,
        "held_out": HELD_OUT,
        "compared": SAMPLES,
        "features": features.name,
        "cpu_seconds": {name: round(value) for name, value in seconds.items()},
        "models": {
            name: {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
            for name, rows in found.items()
        },
        "each": found,
    }
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["models"], indent=2))
    if asked.sheet:
        sheet(pictures).save(asked.sheet)


if __name__ == "__main__":
    main()
