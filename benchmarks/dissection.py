"""What a generator cannot draw, where it is known: StyleGAN2 trained on faces without the ones that wear glasses.

The set is ``calotype data faces --size 16 --count 8000``. Of the first 4000 faces, those without glasses train the
generators. Every second face of the set trains the segmenter, as ``calotype dissect`` does it; of the others, the 2000
that no generator was trained on are the real side. A class is reported as missing if its interval ends below -0.3.
``complete`` is trained with the glasses, ``early`` is stopped after a tenth of the steps. For false alarms one random
half of the real side takes the place of a generator, ten times. The settings of the segmenter were chosen on a
generator of seed 0 with other networks.

    calotype data faces --size 16 --count 8000 --out FACES
    python benchmarks/dissection.py train --faces FACES --work WORK --seed 0             # 0 to 9
    python benchmarks/dissection.py train --faces FACES --work WORK --seed 0 --kind complete
    python benchmarks/dissection.py train --faces FACES --work WORK --seed 0 --kind early
    calotype data faces --size 32 --count 8000 --out FACES32
    python benchmarks/dissection.py train --faces FACES32 --work WORK32 --kind small
    python benchmarks/dissection.py measure --faces FACES --work WORK --out benchmarks/results/dissection.json
    python benchmarks/dissection.py speed --work WORK --out benchmarks/results/dissection_speed.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported anywhere

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.checkpoint import read_tensors
from calotype.data.sample_lines import read_about, read_lines
from calotype.data.samples import read_map
from calotype.data.stream import Stream
from calotype.image.io import open_photo, save_png, to_image, to_tensor
from calotype.inspection.dissection import Dissection, class_areas, dissect
from calotype.inspection.learned import Config, LearnedSegmenter, SegmentationNet
from calotype.inspection.sources import ModelSource, batches
from calotype.metrics.frechet import fid, frechet_of
from calotype.metrics.fsd import fsd
from calotype.models import stylegan
from calotype.models.stylegan.generate import sample
from calotype.nn.embedding import chosen, embed
from calotype.run import Run
from calotype.tasks.dataset import Dataset
from calotype.tasks.set_segmenter import set_segmenter
from machine import provenance
from spade import seconds_of, timed
from stylegan_common import AS_PUBLISHED

TRAINED, REAL, EMBEDDED = 4000, 2000, 500  # the last: pictures of either side for FD
OMITTED = "glasses"
# ``small`` as published, at half the size with few channels and steps: a minute of one core.
CONFIG = replace(
    stylegan.PRESETS["small"],
    **AS_PUBLISHED,
    resolution=16,
    base=256,
    discriminator_base=256,
    max_channels=48,
    steps=2000,
    decay_at=0.6,
    average=2.0,
    augment="none",
    bf16=False,
)
# On faces of 32 pixels, wider and longer than ``small``.
SMALL = replace(
    stylegan.PRESETS["small"],
    **AS_PUBLISHED,
    base=1024,
    discriminator_base=1024,
    steps=12_000,
    decay_at=0.6,
    average=5.0,
    augment="bgc",
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
    if asked.kind in ("omitted", "small"):
        omitted = read_about(asked.faces)["map_classes"].index(OMITTED)
        pictures = pictures[~(maps == omitted).flatten(1).any(1)]
    cfg = {"early": replace(CONFIG, steps=CONFIG.steps // 10), "small": SMALL}.get(asked.kind, CONFIG)
    name = f"{asked.kind}{asked.seed}"
    stream = Stream(Pictures(pictures), cfg.batch, seed=asked.seed)
    net, seconds = timed(asked.work / name, asked.seed, lambda run: stylegan.train(stream, cfg, run))
    if not (asked.work / name / "net").exists():
        saving.write(asked.work / name / "net", "stylegan", cfg, net, "", stylegan.picture_size(cfg))
    print(f"{name}: {len(pictures)} pictures, {cfg.steps} steps in {seconds:.0f} CPU seconds", flush=True)


def halfway(asked: argparse.Namespace) -> None:
    """Write the generator of a training of ``small`` as it was last saved to ``WORK/halfN/net``."""
    folder = asked.work / f"small{asked.seed}"
    net = stylegan.unfinished(SMALL, Run(folder, seed=asked.seed))
    _, about = read_tensors(folder / "state" / "pictures.safetensors", "it is damaged")
    cfg = replace(SMALL, steps=int(about["step"]))
    saving.write(asked.work / f"half{asked.seed}" / "net", "stylegan", cfg, net, "", stylegan.picture_size(cfg))
    print(f"half{asked.seed}: {cfg.steps} of {SMALL.steps} steps", flush=True)


# ------------------------------------------------------------------------------------------------------------------
# What is found


def measure(asked: argparse.Namespace) -> None:
    """Dissect every generator that was trained."""
    dataset = Dataset(asked.faces, ("image", "label map"))
    samples = dataset.opened((16, 16))
    segment = set_segmenter(dataset, samples, (16, 16), Run(), None)
    names = segment.classes
    held_out = torch.stack([samples[i]["image"] for i in range(TRAINED + 1, len(samples), 2)])[:REAL]
    truth = torch.stack([samples[i]["map"] for i in range(TRAINED + 1, len(samples), 2)])[:REAL]
    real = class_areas(held_out.split(64), segment)
    features = chosen("auto")
    vectors = embed(held_out[:EMBEDDED].split(50), features)
    rows: dict[str, Any] = {}
    order: dict[str, dict[str, float]] = {}
    for folder in sorted(path.parent for path in asked.work.glob("*[0-9]/net") if path.parent.name[-1].isdigit()):
        loaded = load(folder / "net")
        layered = loaded.engine.layered(loaded.config, loaded.net)
        made = list(batches(ModelSource(lambda numbers, layered=layered: layered, 0), REAL, (16, 16)))
        found = dissect(real, class_areas(made, segment), names, doubtful=doubtful(segment))
        rows[folder.name] = {**row_of(found), "cpu_seconds": round(seconds_of(folder))}
        if folder.name in ("complete0", "omitted0", "early0"):
            order[folder.name] = {
                "fsd": found.distance.distance,
                "fd": fid(vectors, embed(torch.cat(made)[:EMBEDDED].split(50), features)),
            }
        print(folder.name, json.dumps(rows[folder.name]), flush=True)
    halves = [half_of(real, names, seed, doubtful(segment)) for seed in range(10)]
    planted = [row for name, row in rows.items() if name.startswith("omitted")]
    result = {
        "benchmark": "dissection",
        **provenance(),
        "trained_on": TRAINED,
        "real": REAL,
        "generated": REAL,
        "segmenter": {
            "pixels": round(segment.accuracy.pixels, 4),
            "mean_iou": round(segment.accuracy.mean_iou, 3),
            "iou": {name: round(value, 3) for name, value in segment.accuracy.iou.items()},
            "real_areas": {name: round(float(value), 3) for name, value in zip(names, real.mean(0))},
            "true_areas": {name: round(float((truth == i).float().mean()) * 100, 3) for i, name in enumerate(names)},
        },
        "generators": rows,
        "omitted_first": [sum(row["first"] == OMITTED for row in planted), len(planted)],
        "omitted_change_at_most": max(row["omitted"]["change"] for row in planted),
        "omitted_interval_at_most": max(row["omitted"]["most"] for row in planted),
        "halves_with_false_alarms": [sum(bool(each) for each in halves), len(halves)],
        "features": f"{features.name}, {EMBEDDED} pictures",
        "order": {name: {key: round(value, 2) for key, value in row.items()} for name, row in order.items()},
        "unseen": unseen(real, names),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


def doubtful(segment: LearnedSegmenter) -> list[str]:
    """The classes that ``calotype dissect`` is not sure of."""
    assert segment.accuracy is not None
    return [name for name, iou in segment.accuracy.iou.items() if iou < 0.5]


def row_of(found: Dissection) -> dict[str, Any]:
    omitted = next(row.area for row in found.rows if row.area.name == OMITTED)
    return {
        "first": found.rows[0].area.name if found.rows[0].finding else "",
        "omitted": {key: round(getattr(omitted, key), 3) for key in ("change", "least", "most")},
        "missing": {row.area.name: round(row.area.change or 0.0, 2) for row in found.missing},
        "unsure": [row.area.name for row in found.rows if row.finding == "unsure"],
        "fsd": round(found.distance.distance, 2),
        "floor": round(found.distance.floor, 2),
        "standardised": round(found.distance.standardised, 2),
    }


def half_of(real: Tensor, names: tuple[str, ...], seed: int, unsure: list[str]) -> list[str]:
    """The classes that are reported as missing where one half of the real side takes the place of a generator."""
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))
    half = len(real) // 2
    found = dissect(real[order[:half]], real[order[half:]], names, seed=seed, doubtful=unsure)
    return [row.area.name for row in found.missing]


def unseen(real: Tensor, names: tuple[str, ...]) -> dict[str, Any]:
    """The FSD of one half of the real side with a class replaced by the largest one, over that of the halves."""
    half, largest = len(real) // 2, int(real.mean(0).argmax())
    floor = frechet_of(real[:half], real[half : 2 * half])
    found = {}
    for i, name in enumerate(names):
        if i == largest or not float(real[:, i].sum()):
            continue
        other = real[half : 2 * half].clone()
        other[:, largest] += other[:, i]
        other[:, i] = 0
        value = frechet_of(real[:half], other)
        found[name] = {"area": round(float(real[:, i].mean()), 3), "fsd": round(value, 3)}
    return {"floor": round(floor, 3), "classes": found}


# ------------------------------------------------------------------------------------------------------------------
# Time and memory


def speed(asked: argparse.Namespace) -> None:
    """Dissection in batches in memory, against one picture after another through files; and its memory."""
    torch.manual_seed(0)
    cfg = stylegan.PRESETS["medium"]
    net = stylegan.build(cfg).eval().requires_grad_(False)
    side, count = cfg.resolution, 2000
    segmenter = SegmentationNet(Config(10), (side, side)).eval()
    segment = LearnedSegmenter(segmenter, [str(i) for i in range(10)], None)
    layered = stylegan.layered(cfg, net)

    def together(some: int) -> Tensor:
        return class_areas(batches(ModelSource(lambda numbers: layered, 0), some, (side, side)), segment)

    def one_by_one(some: int) -> Tensor:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, f"{i}.png") for i in range(some)]
            for i, path in enumerate(paths):
                save_png(to_image(sample(cfg, Run(), net=net, seed=i)), path, {})
            return class_areas((to_tensor(open_photo(path)) for path in paths), segment)

    part = count // 4  # by turns, so that other work on the machine meets both
    seconds: dict[str, list[float]] = {"together": [], "one by one": []}
    clock: dict[str, list[float]] = {"together": [], "one by one": []}
    apart = 0.0
    for _ in range(4):
        found = {}
        for name, run in (("together", together), ("one by one", one_by_one)):
            began, then = time.process_time(), time.perf_counter()
            found[name] = run(part)
            seconds[name].append(time.process_time() - began)
            clock[name].append(time.perf_counter() - then)
            print(name, seconds[name][-1], flush=True)
        apart = max(apart, float((found["together"].mean(0) - found["one by one"].mean(0)).abs().max()))
    memory = {str(some): memory_of(some) for some in (1000, 10_000)}
    result = {
        "benchmark": "dissection_speed",
        **provenance(),
        "pictures": count,
        "side": side,
        "cpu_seconds": {name: round(sum(each), 1) for name, each in seconds.items()},
        "times_as_fast": round(sum(seconds["one by one"]) / sum(seconds["together"]), 2),
        "seconds": {name: round(sum(each), 1) for name, each in clock.items()},
        "times_as_fast_by_the_clock": round(sum(clock["one by one"]) / sum(clock["together"]), 2),
        "ratios": [round(b / a, 2) for a, b in zip(seconds["together"], seconds["one by one"])],
        "mean_areas_apart_percent": round(apart, 4),
        "peak_mib": memory,
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text)


def memory_of(count: int) -> int:
    """Peak memory of a process that dissects so many pictures of 16 pixels, MiB."""
    command = [sys.executable, __file__, "memory", "--count", str(count)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def memory(asked: argparse.Namespace) -> None:
    """Compare so many pictures of a generator with as many of another seed, and print the peak memory, MiB."""
    torch.manual_seed(0)
    net = stylegan.build(CONFIG).eval().requires_grad_(False)
    layered = stylegan.layered(CONFIG, net)
    segment = LearnedSegmenter(SegmentationNet(Config(10), (16, 16)), [str(i) for i in range(10)], None)
    areas = [
        class_areas(batches(ModelSource(lambda numbers: layered, seed), asked.count, (16, 16)), segment)
        for seed in (0, asked.count)
    ]
    fsd(areas[0], areas[1], segment.classes)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks: dict[str, Callable[[argparse.Namespace], None]] = {
        "train": train,
        "halfway": halfway,
        "measure": measure,
        "speed": speed,
        "memory": memory,
    }
    parser.add_argument("what", choices=list(tasks))
    parser.add_argument("--faces", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=["omitted", "complete", "early", "small"], default="omitted")
    parser.add_argument("--count", type=int, default=1000, help="of memory")
    asked = parser.parse_args()
    tasks[asked.what](asked)


if __name__ == "__main__":
    main()
