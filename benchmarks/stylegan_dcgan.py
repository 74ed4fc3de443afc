"""StyleGAN2's ``small`` preset on drawn faces, beside a DCGAN that was trained for as many CPU seconds or more.

The pictures and what is measured are those of ``stylegan.py``. ``train`` gives the DCGAN of ``dcgan.py`` the seconds
that ``small`` had there, or ``--seconds``, and keeps it at every eighth of them. ``quality`` samples ``small`` again:
it is ``examples/models/faces``, the model of ``stylegan.py`` with seed 0 in half precision. Steps of both are timed by
turns, since seconds of the two trainings are of two days.

    python benchmarks/stylegan_dcgan.py train --work WORK
    python benchmarks/stylegan_dcgan.py quality --work WORK --out benchmarks/results/stylegan_dcgan.json --sheet SHEET
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import dcgan
import stylegan_common as common
from calotype.data.stream import Stream
from calotype.models import stylegan
from calotype.models.stylegan.trainer import Trainer
from calotype.nn.embedding import chosen
from machine import provenance
from stylegan import HELD_OUT, SAMPLES, TRAINED, Faces, measured, mirrored, samples_of, sheet, vectors_of
from stylegan_common import EXAMPLE_MODEL, begun, with_packages, write_result

RESULTS = Path(__file__).parent / "results"
SMALL, DCGAN, AVERAGED = "small, seed 0", "DCGAN", "DCGAN, moving average"
WHOLE, SHORTER = dcgan.MARKS, 5  # eighths of the time
ROUNDS, STEPS = 3, 16  # of timed steps; penalties are computed at one of eight


def train(asked: argparse.Namespace, faces: Faces) -> None:
    """Train the DCGAN as long as ``small``; writes ``WORK/training.json``."""
    seconds = json.loads((RESULTS / "stylegan.json").read_text("utf-8"))["cpu_seconds"][SMALL]
    steps, used = dcgan.trained(Stream(faces, dcgan.BATCH, seed=0), asked.work, asked.seconds or seconds)
    found = {"steps": steps, "cpu_seconds": round(used), **provenance()}
    (asked.work / "training.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def models(work: Path) -> dict[str, Tensor]:
    """Samples of each model, -1..1."""
    made = {SMALL: samples_of(EXAMPLE_MODEL)}
    for name, kind in ((DCGAN, "generator"), (AVERAGED, "average")):
        for mark, ending in ((WHOLE, ""), (SHORTER, f", {SHORTER}/{WHOLE} of it")):
            made[name + ending] = dcgan.samples(dcgan.kept(work, kind, mark), SAMPLES)
    return made


def step_seconds() -> dict[str, float]:
    """CPU seconds of a training step of both, by turns."""
    cfg = stylegan.PRESETS["small"]
    torch.manual_seed(0)
    small, other = Trainer(cfg, torch.device("cpu")), dcgan.Trainer()
    real = torch.rand(dcgan.BATCH, 3, 32, 32) * 2 - 1
    steps: dict[str, Callable[[int], object]] = {
        SMALL: lambda i: small.step({}, {"image": real[: cfg.batch]}, i),
        DCGAN: lambda i: other.step(real),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(ROUNDS + 1):
        for name, step in steps.items():
            began = time.process_time()
            for i in range(STEPS):
                step(i)
            if turn:  # the first one is to warm up
                times[name].append((time.process_time() - began) / STEPS)
    return {name: round(sorted(found)[ROUNDS // 2], 4) for name, found in times.items()}


def quality(asked: argparse.Namespace, held: dict[str, Any]) -> None:
    """Measure all of them, by each kind of features."""
    seconds = step_seconds()
    real = mirrored(Faces(held, HELD_OUT, TRAINED).pictures)
    pictures = {"training pictures": mirrored(Faces(held, SAMPLES).pictures), **models(asked.work)}
    if asked.sheet:
        sheet({"held out": real, **pictures}).save(asked.sheet)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for kind in asked.features:
        features = chosen(kind)
        reference = vectors_of(real, features, asked.work)
        rows[features.name] = {
            name: measured(reference, vectors_of(made, features, asked.work)) for name, made in pictures.items()
        }
    training = json.loads((asked.work / "training.json").read_text("utf-8"))
    result = {
        "benchmark": "stylegan_dcgan",
        **provenance(),
        "seed": 0,
        "pictures": TRAINED,
        "held_out": HELD_OUT,
        "compared": SAMPLES,
        "batch": {SMALL: stylegan.PRESETS["small"].batch, DCGAN: dcgan.BATCH},
        "dcgan_training": {key: training[key] for key in ("steps", "cpu_seconds", "commit", "date")},
        "step_seconds_by_turns": seconds,
        "models": rows,
        "fd_of_small_over_that_of_the_dcgan": {
            kind: {
                name: round(found[SMALL]["fd"] / row["fd"], 3) for name, row in found.items() if name.startswith(DCGAN)
            }
            for kind, found in rows.items()
        },
    }
    write_result(result, asked.out)


def main() -> None:
    features = ("efficientnet", "offline")
    parser = with_packages(common.parser(__doc__, "samples of each model", trains="dcgan-work", features=features))
    parser.add_argument("what", choices=("train", "quality"))
    parser.add_argument("--seconds", type=float, help="of the training, instead of those of small")
    asked, held = begun(parser)
    if asked.what == "train":
        train(asked, Faces(held, TRAINED))
    else:
        quality(asked, held)


if __name__ == "__main__":
    main()
