"""The published presets at their true size: what a step takes, whether its losses fall, and how long it all would be.

    python benchmarks/published.py --data DATA --out benchmarks/results/published.json --analogy 6 --ingan 20

Nobody waits for 25,000 updates of a large generator on a processor; but that the presets run as they are, at the
photo's own size, and begin in the right direction, has to be seen. So many steps are worked of each, from the same
start: the first case of ``tasks/analogy`` at 250 pixels by ``analogy`` (``paper``, ``release``), and a photo of
``tasks/retarget`` at its own size by ``ingan`` (``paper``). Written down are the losses of every step, the mean
absolute difference of what the net makes of the photo from the photo, before and after, and the processor's seconds of
a step, with what all steps would take at that pace. Few steps of an augmentation
that grows with them see next to none of it.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from calotype.engines import analogy, ingan
from calotype.engines.analogy.train import adapted
from calotype.engines.analogy.trainer import Trainer
from calotype.image.io import to_image
from calotype.image.resize import resize
from calotype.run import Event, Run
from ingan import read
from machine import provenance
from relayout import cases, numbers

SIDE, PHOTO = 250, "retarget/jerusalem"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--analogy", type=int, default=6, help="steps of each preset; 0 leaves it out")
    parser.add_argument("--ingan", type=int, default=20, help="steps; 0 leaves it out")
    parser.add_argument("--pictures", type=Path, help="folder for what the nets make, outside the repository")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    record = {**provenance(), "times": "of the processor, one thread", "rows": rows}
    for preset in ("paper", "release") if options.analogy else ():
        rows.append(laid_out(preset, options))
        print(rows[-1], flush=True)
        options.out.write_text(json.dumps(record, indent=1) + "\n")
    if options.ingan:
        rows.append(retargeted(options))
        print(rows[-1], flush=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def laid_out(preset: str, options: argparse.Namespace) -> dict[str, Any]:
    """Some steps of Semantic Image Analogy."""
    case = next(cases(Namespace(data=options.data, side=SIDE, layouts=1)))
    photo, own = case.photo, numbers(case.own)[None]
    cfg = adapted(analogy.PRESETS[preset], "relayout", classes=case.own.classes)
    run, losses = Run(seed=0), []
    trainer = Trainer(analogy.build(cfg, (photo.shape[2], photo.shape[3])), photo, own, cfg, run)

    def error() -> float:
        with torch.no_grad():
            made = trainer.net.eval()(photo, own, own)[:, :, : photo.shape[2], : photo.shape[3]]
        keep(made, f"analogy_{preset}_{len(losses)}", options)
        return round(float((made - photo).abs().mean()), 4)

    before, began = error(), time.process_time()
    for i in range(options.analogy):
        run.reseed("published", i)
        values = trainer.step(trainer.inputs(i), i)
        losses.append({name: round(float(value), 4) for name, value in values.items()})
    seconds = time.process_time() - began
    return told(f"analogy {preset}", photo, cfg.steps, seconds, losses, before, error())


def retargeted(options: argparse.Namespace) -> dict[str, Any]:
    """Some steps of InGAN's ``paper``, as the beginning of a training of that many steps."""
    photo = read(options.data, PHOTO, SIDE)
    whole = ingan.PRESETS["paper"]
    cfg = replace(whole, steps=options.ingan)
    losses: list[dict[str, float]] = []

    def note(event: Event) -> None:
        if event.kind == "step":
            losses.append({name: round(float(value), 4) for name, value in event.values.items()})

    began = time.process_time()
    net = ingan.train(photo, cfg, Run(seed=0, on_event=note))
    seconds = time.process_time() - began
    size = (photo.shape[2], photo.shape[3])
    fresh = ingan.build(cfg, size).eval()
    errors = []
    for name, one in (("0", fresh), (str(options.ingan), net)):
        with torch.no_grad():
            made = resize(one.resized(resize(photo, one.size), one.size), size)
        keep(made, f"ingan_paper_{name}", options)
        errors.append(round(float((made - photo).abs().mean()), 4))
    return told("ingan paper", photo, whole.steps, seconds, losses, *errors)


def keep(made: torch.Tensor, name: str, options: argparse.Namespace) -> None:
    """Write an image, where images are wanted."""
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        to_image(made.clamp(-1, 1)).save(options.pictures / f"{name}.png")


def told(
    system: str,
    photo: torch.Tensor,
    steps: int,
    seconds: float,
    losses: list[dict[str, float]],
    before: float,
    after: float,
) -> dict[str, Any]:
    """A row of the result."""
    each = seconds / max(1, len(losses))
    return {
        "system": system,
        "size": f"{photo.shape[3]}x{photo.shape[2]}",
        "steps worked": len(losses),
        "steps in all": steps,
        "seconds a step": round(each, 2),
        "hours in all": round(each * steps / 3600, 1),
        "difference from the photo": [before, after],
        "losses": losses,
    }


if __name__ == "__main__":
    main()
