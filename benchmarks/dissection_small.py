"""The planted omission in the preset ``small`` of StyleGAN2, and its distance to real faces beside a plain GAN's.

``small0`` of ``dissection.py``: faces of 32 pixels, trained on those without glasses for twice the preset's steps;
``half0`` is the same training as it was half-way. Dissected as there, against 2000 faces that no generator was trained
on. The Frechet distance, precision and recall (k = 3) are those of 1000 samples and 1000 other faces without glasses,
every second one flipped, as pictures are flipped in training; beside them stand 1000 training pictures, and the plain
GAN of ``stylegan.py`` (as many parameters, spectral normalisation, hinge loss) after fewer processor seconds.

    python benchmarks/dissection_small.py plain --faces FACES32 --work WORK32 --seconds 300
    python benchmarks/dissection_small.py measure --faces FACES32 --work WORK32 \\
        --out benchmarks/results/dissection_small.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

import cocogan as plain_gan
from calotype.catalog import load
from calotype.data.sample_lines import read_about
from calotype.data.stream import Stream
from calotype.inspection.dissection import class_areas, dissect
from calotype.inspection.sources import ModelSource, batches
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from calotype.tasks.dataset import Dataset
from calotype.tasks.set_segmenter import set_segmenter
from dissection import OMITTED, REAL, TRAINED, Pictures, doubtful, part_of, row_of
from machine import provenance
from spade import seconds_of
from stylegan import PLAIN, PLAIN_WIDTHS, measured, mirrored, plain_samples, sheet

COMPARED = 1000
GENERATORS = ("small0", "half0")


def without(folder: Path, first: int, count: int) -> Tensor:
    """Pictures without glasses, from some number on: at most ``COMPARED``."""
    pictures, maps = part_of(folder, first, count)
    omitted = read_about(folder)["map_classes"].index(OMITTED)
    return pictures[~(maps == omitted).flatten(1).any(1)][:COMPARED]


def plain(asked: argparse.Namespace) -> None:
    """Train the plain GAN for some processor seconds, or go on with it; one file for each of them."""
    pictures, maps = part_of(asked.faces, 0, TRAINED)
    omitted = read_about(asked.faces)["map_classes"].index(OMITTED)
    stream = Stream(Pictures(pictures[~(maps == omitted).flatten(1).any(1)]), PLAIN.batch, seed=0)
    folder = asked.work / "plain"
    folder.mkdir(parents=True, exist_ok=True)
    spent = folder / "plain.seconds"
    spent.with_suffix(".safetensors").unlink(missing_ok=True)
    plain_gan.timed(
        folder,
        "plain",
        lambda run: plain_gan.trained_plain(stream, PLAIN, run, asked.seconds, spent, PLAIN_WIDTHS),
    )
    spent.with_suffix(".safetensors").rename(folder / f"{round(asked.seconds)}.safetensors")


def made_by(asked: argparse.Namespace) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Samples of what was trained, and the processor seconds of its training."""
    pictures: dict[str, Tensor] = {}
    seconds: dict[str, float] = {}
    for name in GENERATORS:
        if (asked.work / name / "net").exists():
            loaded = load(asked.work / name / "net")
            layered = loaded.engine.layered(loaded.config, loaded.net)
            pictures[name] = torch.cat([layered.pictures(range(i, i + 50)) for i in range(0, REAL, 50)])
    if "small0" in pictures:
        whole = load(asked.work / "small0" / "net").config.steps
        seconds = {
            name: seconds_of(asked.work / "small0") * load(asked.work / name / "net").config.steps / whole
            for name in pictures
        }
    for path in sorted((asked.work / "plain").glob("[0-9]*.safetensors"), key=lambda one: int(one.stem)):
        generator = plain_gan.Plain(32, 64, PLAIN_WIDTHS[0])
        generator.load_state_dict(load_file(path))
        name = f"plain GAN, {path.stem} s"
        pictures[name], seconds[name] = plain_samples(generator.eval()), float(path.stem)
    return pictures, seconds


def measure(asked: argparse.Namespace) -> None:
    """Dissect, and measure the distances."""
    dataset = Dataset(asked.faces, ("image", "label map"))
    samples = dataset.opened((32, 32))
    segment = set_segmenter(dataset, samples, (32, 32), Run(), None)
    held_out = [samples[i]["image"] for i in range(TRAINED + 1, len(samples), 2)][:REAL]
    real = class_areas(torch.stack(held_out).split(64), segment)
    rows: dict[str, Any] = {}
    for name in (name for name in GENERATORS if (asked.work / name / "net").exists()):
        loaded = load(asked.work / name / "net")
        layered = loaded.engine.layered(loaded.config, loaded.net)
        made = batches(ModelSource(lambda numbers, layered=layered: layered, 0), REAL, (32, 32))
        found = dissect(real, class_areas(made, segment), segment.classes, doubtful=doubtful(segment))
        rows[name] = {**row_of(found), "steps": loaded.config.steps}
    pictures, seconds = made_by(asked)
    features = chosen("auto")
    reference = without(asked.faces, TRAINED, len(samples) - TRAINED)
    vectors = embed(mirrored(reference).split(50), features)
    compared = {"training pictures": mirrored(without(asked.faces, 0, TRAINED)), **pictures}
    distances = {name: measured(vectors, embed(some[:COMPARED].split(50), features)) for name, some in compared.items()}
    result = {
        "benchmark": "dissection_small",
        **provenance(),
        "trained_on": TRAINED,
        "real": REAL,
        "segmenter": {"pixels": round(segment.accuracy.pixels, 4), "mean_iou": round(segment.accuracy.mean_iou, 3)},
        "generators": rows,
        "features": features.name,
        "compared": COMPARED,
        "cpu_seconds": {name: round(value) for name, value in seconds.items()},
        "distances": distances,
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)
    if asked.sheet:
        sheet({"held out": reference, **pictures}).save(asked.sheet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["plain", "measure"])
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sheet", type=Path, help="where to write samples of each model")
    asked = parser.parse_args()
    {"plain": plain, "measure": measure}[asked.what](asked)


if __name__ == "__main__":
    main()
