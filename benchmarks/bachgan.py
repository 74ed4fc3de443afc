"""Pictures from boxes of salient objects, on drawn scenes whose things tell the background.

BachGAN (preset ``study``, half of whose training pictures take their own label map for the background), the same as
``published``, where none does, without fusion (``retrieval``), and SPADE on boxes alone (``none``) learn from the set
``shapes`` for the same number of steps. All but the last 500 scenes are learned from; 200 of the others are drawn
from the boxes of their things. Measured are:

- Retrieval: the share of queries with a thing whose best map is of the query's kind of scene, that of its three best
  maps, chance, the mean score relative to that of random maps, and processor seconds of one thread for one query in
  3000 maps of 32 x 32 and of 64 x 64 pixels.
- The Frechet distance to real scenes, with features of EfficientNet-Lite0 (not FID), and beside it that of the two
  halves of the real ones; pixel accuracy and mean IoU by a segmenter that was trained on real scenes alone.
- Background swap: a map of another kind of scene is pinned. Outside of the boxes, the mean IoU of what the segmenter
  finds with that map, and with the map that was retrieved before; in the boxes, how often the most frequent thing is
  the one that was asked for, with either background, and in real pictures.

    calotype data shapes shapes
    python benchmarks/bachgan.py train shapes --work work --model fusion --seed 0      # published, none
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
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.metrics.frechet import fid, self_distance
from calotype.models import bachgan
from calotype.models.bachgan.boxes import boxes_of_map, filled
from calotype.models.bachgan.network import BoxLayouts
from calotype.models.bachgan.retrieval import areas_of, ranked, scores
from calotype.nn.embedding import chosen, embed
from machine import provenance
from spade import Confusion, UNet, seconds_of, seen, segmentation_loss, timed, trained_unet

SIDE, HELD_OUT, USED = 32, 500, 200
MODELS = ("fusion", "published", "retrieval", "none")
STEPS, SEGMENTER_STEPS = 900, 700


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
    """The settings of a model; ``published`` is fusion without the maps of the pictures themselves."""
    changes = {"background": "fusion", "own_map": 0.0} if model == "published" else {"background": model}
    return bachgan.adapted(replace(bachgan.PRESETS["study"], steps=steps, **changes), about)


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


def retrieval(folder: Path) -> dict[str, Any]:
    """Kinds of scenes of retrieved maps, and the seconds of a query."""
    learned, held_out, about = parts(folder)
    cfg = config("fusion", about)
    memory, kinds = maps_of(learned)
    areas = areas_of(memory, cfg)
    best, three, chance, ratios = [], [], [], []
    for i in range(len(held_out)):
        sample = held_out[i]
        query = boxes_of_map(sample["map"], cfg)
        if not len(query[1]):
            continue
        values = scores(query, memory, areas, cfg)
        numbers, right = ranked(values, 3), kinds == sample["label"]
        best.append(float(right[numbers[0]]))
        three.append(float(right[numbers].float().mean()))
        chance.append(float(right.float().mean()))
        ratios.append(float(values[numbers].mean() / values.mean().clamp_min(1e-9)))
    return {
        "retrieval": {
            "queries": len(best),
            "maps": len(memory),
            "best_of_the_kind": round(statistics.mean(best), 4),
            "three_best_of_the_kind": round(statistics.mean(three), 4),
            "chance": round(statistics.mean(chance), 4),
            "score_to_random_median": round(statistics.median(ratios), 2),
            "seconds": {str(side): round(query_seconds(folder, side), 5) for side in (32, 64)},
        }
    }


def query_seconds(folder: Path, side: int, turns: int = 100) -> float:
    """Processor seconds of one query in all maps that are learned from, median."""
    learned, held_out, about = parts(folder, side)
    cfg = replace(config("fusion", about), size=(side, side))
    memory, _ = maps_of(learned)
    areas, spent = areas_of(memory, cfg), []
    for i in range(turns):
        query = boxes_of_map(held_out[i]["map"], cfg)
        began = time.process_time()
        ranked(scores(query, memory, areas, cfg), cfg.retrieved)
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def maps_of(part: Part) -> tuple[Tensor, Tensor]:
    """The maps of a part, uint8 [N, H, W], and their kinds of scenes."""
    samples = [part[i] for i in range(len(part))]
    return torch.stack([each["map"].to(torch.uint8) for each in samples]), torch.stack([s["label"] for s in samples])


def measure(folder: Path, work: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """What the models draw."""
    learned, held_out, about = parts(folder)
    classes = len(about["names"])
    samples = [held_out[i] for i in range(len(held_out))]
    maps, real = (torch.stack([sample[key] for sample in samples]) for key in ("map", "image"))
    labels = torch.stack([sample["label"] for sample in samples])
    embedding = chosen("auto")
    reference = embed(real.split(40), embedding)
    segmenter, _ = trained_unet(
        Maps(learned), UNet(3, classes, 16, depth=3), segmentation_loss, work, "segmenter", SEGMENTER_STEPS
    )
    rows: dict[str, Any] = {}
    for seed in seeds:
        for model in MODELS:
            place = work / f"{model} {seed}"
            if not (place / "net").exists():
                continue
            loaded = load(place / "net")
            cfg, net = loaded.config, loaded.net
            made = torch.cat([picture(cfg, net, index) for index in maps])
            rows[f"{model}, seed {seed}"] = {
                "steps": cfg.steps,
                "cpu_seconds": round(seconds_of(place)),
                "frechet": round(fid(reference, embed(made.split(40), embedding)), 2),
                **seen(segmenter, made, maps, classes),
                "things_in_boxes": things(segmenter, made, maps, cfg),
                **({} if model == "none" else swap(cfg, net, segmenter, maps, labels, learned)),
            }
            print(model, seed, rows[f"{model}, seed {seed}"], flush=True)
    return {
        "features": embedding.name,
        "floor": round(self_distance(reference), 2),
        "real": {
            **seen(segmenter, real, maps, classes),
            "things_in_boxes": things(segmenter, real, maps, config("none", about)),
        },
        "models": rows,
    }


@torch.no_grad()
def picture(cfg: Any, net: Any, index: Tensor, memory_map: Tensor | None = None) -> Tensor:
    """A picture of the boxes of a map, [1, 3, H, W]; with a background of another map, or of those retrieved."""
    if memory_map is None:
        layouts = net.layouts(index[None], cfg)
    else:
        planes, found = net.layout(boxes_of_map(index, cfg), memory_map[None], cfg.size)
        layouts = BoxLayouts(planes[None], found[None])
    made: Tensor = net.generator(net.condition(layouts), None)
    return made


def swap(cfg: Any, net: Any, segmenter: Any, maps: Tensor, labels: Tensor, learned: Part) -> dict[str, Any]:
    """Pictures whose background is pinned to a map of another kind of scene."""
    memory, kinds = maps_of(learned)
    generator = torch.Generator().manual_seed(0)
    asked, before, right, total = Confusion(cfg.classes), Confusion(cfg.classes), 0, 0
    for index, label in zip(maps, labels):
        boxes = boxes_of_map(index, cfg)
        others = (kinds != label).nonzero()[:, 0]
        other = memory[others[int(torch.randint(len(others), (1,), generator=generator))]]
        made = picture(cfg, net, index, other)
        found = segmenter(made.contiguous(memory_format=torch.channels_last)).argmax(1)[0].detach()
        inside = filled(boxes, cfg.size)
        area = torch.isin(other.long(), torch.tensor(cfg.salient)).logical_not()
        outside = ~inside.any(0) & area  # where the pinned map has a background
        asked.add(other.long()[outside][None], found[outside][None])
        before.add(index[outside][None], found[outside][None])
        each = right_things(found, boxes, cfg)
        right, total = right + sum(each), total + len(each)
    backgrounds = [number for number in range(cfg.classes) if number not in cfg.salient]
    return {
        "swapped_background_iou": round(float(asked.iou()[backgrounds].nanmean()), 4),
        "former_background_iou": round(float(before.iou()[backgrounds].nanmean()), 4),
        "things_in_boxes_after_swap": round(right / max(1, total), 4),
    }


def right_things(found: Tensor, boxes: Any, cfg: Any) -> list[bool]:
    """For each box whether the thing that a segmenter finds most often in it, in a map [H, W], is that of the box."""
    salient, right = list(cfg.salient), []
    for mask, kind in zip(filled(boxes, cfg.size), boxes[1].tolist()):
        counts = torch.bincount(found[mask], minlength=cfg.classes)[salient]
        right.append(bool(counts.max()) and salient[int(counts.argmax())] == kind)
    return right


@torch.no_grad()
def things(segmenter: Any, pictures: Tensor, maps: Tensor, cfg: Any) -> float:
    """The share of the boxes of maps in which a segmenter finds the right thing."""
    found = segmenter(pictures.contiguous(memory_format=torch.channels_last)).argmax(1)
    right = [each for one, index in zip(found, maps) for each in right_things(one, boxes_of_map(index, cfg), cfg)]
    return round(statistics.mean(right), 4)


def kept(before: dict[str, Any], models: dict[str, Any]) -> dict[str, Any]:
    """Add the rows of fusion of a result without own maps, as ``published``; where they come from."""
    for name, row in before["models"].items():
        model, seed = name.split(", ")
        if model == "fusion" and f"published, {seed}" not in models:
            things = {"things_in_boxes_after_swap": row["things_in_boxes"]}
            plain = {key: value for key, value in row.items() if key != "things_in_boxes"}
            models[f"published, {seed}"] = {**plain, **things}
    return {"kept": {name: before[name] for name in ("commit", "date", "machine", "versions")}}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "measure"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--model", choices=MODELS, default="fusion")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument("--steps", type=int, default=STEPS)
    asked.add_argument("--keep", type=Path, help="a result without own maps, whose rows of fusion are kept")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.what == "train":
        seconds = train(given.folder, given.work, given.model, given.seed, given.steps)
        print(f"{given.model} {given.seed}: {seconds:.0f} s")
        return
    measured = {**retrieval(given.folder), **measure(given.folder, given.work, given.seeds)}
    told = {**provenance(), "side": SIDE, "scenes": USED, "steps": given.steps, "seeds": given.seeds, **measured}
    if given.keep:
        told |= kept(json.loads(given.keep.read_text("utf-8")), told["models"])
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
