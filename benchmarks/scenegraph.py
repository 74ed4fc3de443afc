"""Scene graphs to pictures, on drawn scenes whose things have hues and textures of their own.

A model (preset ``study``) learns from the set ``shapes``, with and without the mismatch term of the discriminator of
pictures, and without the comparison of crops (``whole``; ``longer`` is the same). G and B also learn from boxes alone
(``box_updates``), in part of scenes whose objects exchange their classes (``exchange_rate``). Rows of an earlier result
are kept (``--keep``) where a model is not measured anew. All but the last 500 scenes are learned from; of the others,
200 are used, and 200 further ones to choose settings (``--choose``). Measured are:

- Boxes: the share of objects whose box has an intersection over union of at least 0.5 with the real one, and the mean,
  with attributes of size and location and without; and of objects that cover a tenth of the picture.
- Relations: the share of the input's relations that the boxes have, without attributes; beside it, the share of the
  same relations where G is given others, those of a permutation of the objects; and where G is given none, which is
  what classes alone tell. Each over all relations, those of two things, and those of two things of one class. Then
  the share of the permuted relations that boxes have which were made from these; what is left of the input's relations
  in boxes that have all of the permuted ones, the real boxes of the permuted objects, which is chance; and the share
  with attributes, where no relations are given, and the permuted ones.
- The same of G and B alone, trained longer, with the finer grid of locations (``layout``) and the published one
  (``coarse``), without exchanged classes (``apart``), and for graphs that have only things, so that classes do not tell
  their places (``things``); of these, relations are measured in scenes of three things and more.
- Looks: a thing takes the look of one of its class, and of a flat texture, in another scene. The angle between the hue
  of its pixels and that of the donor, and how much the pixels outside of it change relative to those inside; for both
  models. Places are the real ones.
- Archetypes: the share of the crops of a cluster (the finest) that have its most frequent hue, texture and both; the
  difference of neighbouring archetypes relative to that of random ones.

    calotype data shapes shapes
    python benchmarks/scenegraph.py train shapes --work work --model mismatch --seed 0      # none, whole, longer
    python benchmarks/scenegraph.py layout shapes --work work --seed 0                      # --model coarse, things
    python benchmarks/scenegraph.py measure shapes --work work --seeds 0 --out benchmarks/results/scenegraph.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import colorsys
import json
import statistics
import time
from collections import Counter
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
from calotype.data.sets.shapes import HUES, SHAPES
from calotype.data.stream import Stream, stacked
from calotype.models import scenegraph
from calotype.models.scenegraph.draw import within
from calotype.models.scenegraph.layout import composed, planes_of
from calotype.models.scenegraph.objects import (
    Objects,
    attributes_of,
    exchanged,
    objects_of,
    random_triples,
    relations_of,
)
from calotype.nn.optimizers import generator_optimizer
from calotype.nn.schedules import constant_then_linear, set_rates
from machine import provenance
from spade import seconds_of, timed

SIDE, HELD_OUT, USED = 32, 500, 200
MODELS = ("mismatch", "none", "whole", "longer")
LAYOUTS = ("layout", "apart", "coarse", "things")
PUBLISHED_CELLS = 5
LARGE = 0.1  # of the picture
LEAST_THINGS = 3
BOX_STEPS = 10_000


class Part:
    """Some samples of a set."""

    def __init__(self, samples: Samples, numbers: Sequence[int], only: Tensor | None = None) -> None:
        self.samples, self.numbers, self.only = samples, numbers, only

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        sample = self.samples[self.numbers[i]]
        if self.only is None:
            return sample
        kept = torch.where(torch.isin(sample["classes"], self.only), sample["classes"], -1)
        return {**sample, "classes": kept}


def things_of(part: Part) -> Part:
    """The same scenes with their things alone; those with fewer than three are left out."""
    names = part.samples.about["classes"]
    only = {names.index(name) for name in SHAPES}
    several = [number for number in part.numbers if things_in(part, number, only) >= LEAST_THINGS]
    return Part(part.samples, several, torch.tensor(sorted(only)))


def things_in(part: Part, number: int, only: set[int]) -> int:
    """How many things a scene has."""
    return sum(kind in only for kind in part.samples.lines[number]["classes"])


def parts(folder: Path, choose: bool = False) -> tuple[Part, Part, list[str]]:
    """Scenes to learn from, held-out ones, to measure or to choose settings, and the names of the classes."""
    samples = Samples(folder, (SIDE, SIDE), keys=["image", "instances", "boxes"])
    count = len(samples) - HELD_OUT
    held_out = range(count, count + USED) if not choose else range(count + USED, count + 2 * USED)
    return Part(samples, range(count)), Part(samples, held_out), list(samples.about["classes"])


def config(model: str, names: list[str], steps: int | None) -> Any:
    """The settings of a model."""
    cfg = scenegraph.adapted(scenegraph.PRESETS["study"], {"names": names})
    cfg = replace(cfg, mismatch_weight=0.0) if model == "none" else cfg
    cfg = replace(cfg, object_pixel_weight=0.0) if model in ("whole", "longer") else cfg
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


def measure(folder: Path, work: Path, model: str, seeds: Sequence[int], choose: bool = False) -> dict[str, Any]:
    """All figures of a model, by seed."""
    learned, held_out, _ = parts(folder, choose)
    lines = held_out.samples.lines
    hues = [lines[number]["hues"] for number in held_out.numbers]
    textures = [lines[number]["textures"] for number in held_out.numbers]
    found = {}
    for seed in seeds:
        place = work / f"{model} {seed}"
        if not (place / "net").exists():
            continue
        loaded = load(place / "net")
        cfg, net = loaded.config, loaded.net
        found[str(seed)] = {
            "cpu_seconds": round(seconds_of(place)),
            "steps": cfg.steps,
            **boxes(cfg, net, held_out, seed),
            **looks(cfg, net, held_out, hues, textures, seed),
            "archetypes": purity(cfg, net, learned),
        }
    return found


def layout_networks(folder: Path, work: Path, model: str, seed: int, steps: int = BOX_STEPS) -> float:
    """G and B trained by the boxes alone, as by ``box_updates``, for some two minutes; their processor seconds."""
    learned, _, names = parts(folder)
    learned = things_of(learned) if model == "things" else learned
    cfg = config("mismatch", names, steps)
    cfg = replace(cfg, location_cells=PUBLISHED_CELLS) if model == "coarse" else cfg
    cfg = replace(cfg, exchange_rate=0.0) if model == "apart" else cfg
    torch.manual_seed(seed)
    net = scenegraph.build(cfg)
    samples = [
        objects_of(stacked([learned[i] for i in range(k, k + 16)]), cfg) for k in range(0, len(learned) - 15, 16)
    ]
    rate = constant_then_linear(steps, cfg.decay_at)
    optimizer = generator_optimizer(
        [*net.graph.parameters(), *net.boxes.parameters()], cfg.rate, (cfg.beta1, cfg.beta2)
    )
    began = time.process_time()
    for i in range(steps):
        set_rates(rate(i), optimizer)
        objects = samples[int(torch.randint(len(samples), ()))]
        draws = torch.rand(len(objects.classes), 4)
        triples = random_triples(objects, draws[:, :2])
        classes = exchanged(objects, draws[:, 2:], cfg.exchange_rate).classes
        given = attributes_of(objects.boxes, objects.masks, cfg.location_cells) * float(
            torch.rand(()) < cfg.attribute_rate
        )
        embeddings = net.graph(classes, triples, given)
        loss = cfg.box_weight * F.mse_loss(net.boxes(embeddings), objects.boxes)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    spent = time.process_time() - began
    saving.write(work / f"{model} {seed}", "scenegraph", cfg, net, "", cfg.size, about=scenegraph.about(cfg))
    (work / f"{model} {seed}" / "seconds").write_text(str(spent))
    return spent


def layouts(folder: Path, work: Path, model: str, seeds: Sequence[int], choose: bool = False) -> dict[str, Any]:
    """The boxes of G and B alone, by seed."""
    _, held_out, _ = parts(folder, choose)
    held_out = things_of(held_out) if model == "things" else held_out
    found = {}
    for seed in seeds:
        place = work / f"{model} {seed}"
        if place.exists():
            loaded = load(place)
            spent = round(float((place / "seconds").read_text()))
            measured = boxes(loaded.config, loaded.net, held_out, seed)
            found[str(seed)] = {"cpu_seconds": spent, "steps": loaded.config.steps, **measured}
    return found


def all_objects(cfg: Any, part: Part) -> tuple[Objects, dict[str, Tensor]]:
    """The objects of a part, and its pictures."""
    batch = stacked([part[i] for i in range(len(part))])
    return objects_of(batch, cfg), batch


def boxes(cfg: Any, net: Any, part: Part, seed: int) -> dict[str, Any]:
    """Boxes with attributes and without, and the relations that they have."""
    objects, _ = all_objects(cfg, part)
    draws = torch.rand(len(objects.classes), 2, generator=torch.Generator().manual_seed(seed))
    triples = random_triples(objects, draws)
    given = attributes_of(objects.boxes, objects.masks, cfg.location_cells)
    real = objects.real
    nothing = torch.zeros_like(given)
    moved = permutation(objects, seed)
    others = shuffled(triples, moved)
    spatial, unrelated = triples[triples[:, 1] > 0], triples[triples[:, 1] == 0]
    inputs = {
        "with": (triples, given),
        "without": (triples, nothing),
        "shuffled": (others, nothing),
        "unrelated": (unrelated, nothing),
        "with_shuffled": (others, given),
        "with_unrelated": (unrelated, given),
    }
    with torch.no_grad():
        made = {name: fitted(net.boxes(net.graph(objects.classes, *each))) for name, each in inputs.items()}
    result: dict[str, Any] = {"objects": int(real.sum())}
    for name in ("with", "without"):
        found = made[name]
        overlap = iou(found[real], objects.boxes[real])
        result[f"recall_{name}_attributes"] = round(float((overlap >= 0.5).float().mean()), 4)
        result[f"iou_{name}_attributes"] = round(float(overlap.mean()), 4)
        # Small things have one bin of size, and a published location is a cell of a quarter of the picture.
        large = (objects.boxes[real][:, 2:] - objects.boxes[real][:, :2]).prod(1) >= LARGE
        result[f"recall_{name}_attributes_large"] = round(float((overlap[large] >= 0.5).float().mean()), 4)
    # Most relations follow from the classes alone (sky is above grass); those of two things of one class do not.
    kinds = objects.classes
    names = part.samples.about["classes"]
    thing = torch.isin(kinds, torch.tensor([names.index(name) + 1 for name in SHAPES]))
    of_things = spatial[thing[spatial[:, 0]] & thing[spatial[:, 2]]]
    alike = spatial[kinds[spatial[:, 0]] == kinds[spatial[:, 2]]]
    for name, chosen in (("", spatial), ("_of_things", of_things), ("_of_one_class", alike)):
        result[f"relations{name}"] = len(chosen)
        result[f"obeyed{name}"] = obeyed(made["without"], chosen)
        result[f"obeyed{name}_shuffled"] = obeyed(made["shuffled"], chosen)
        result[f"obeyed{name}_unrelated"] = obeyed(made["unrelated"], chosen)
    result["shuffled_relations_obeyed"] = obeyed(made["shuffled"], others[others[:, 1] > 0])
    result["obeyed_with_attributes"] = obeyed(made["with"], spatial)
    result["obeyed_with_attributes_shuffled"] = obeyed(made["with_shuffled"], spatial)
    result["obeyed_with_attributes_unrelated"] = obeyed(made["with_unrelated"], spatial)
    perfect = torch.empty_like(objects.boxes)
    perfect[moved] = objects.boxes  # these have all permuted relations
    result["obeyed_by_chance"] = obeyed(perfect, spatial)
    return result


def fitted(found: Tensor) -> Tensor:
    """Boxes within the picture, as ``draw`` takes them."""
    return within(found.float())


def permutation(objects: Objects, seed: int) -> Tensor:
    """Another object of the same picture in the place of each one, at random: int64 [N]."""
    generator = torch.Generator().manual_seed(seed + 1)
    new = torch.arange(len(objects.classes))
    for picture in range(objects.pictures):
        own = ((objects.picture == picture) & objects.real).nonzero()[:, 0]
        new[own] = own[torch.randperm(len(own), generator=generator)]
    return new


def shuffled(triples: Tensor, new: Tensor) -> Tensor:
    """The same spatial relations between other objects, those of a permutation."""
    result = triples.clone()
    spatial = triples[:, 1] > 0
    result[spatial, 0], result[spatial, 2] = new[triples[spatial, 0]], new[triples[spatial, 2]]
    return result


def obeyed(found: Tensor, triples: Tensor) -> float:
    """The share of relations that boxes have."""
    there = relations_of(found[triples[:, 0]], found[triples[:, 2]]) + 1
    return round(float((there == triples[:, 1]).float().mean()), 4)


def iou(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of boxes [N, 4], pair by pair."""
    low, high = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    common = (high - low).clamp_min(0).prod(1)
    areas = [(each[:, 2:] - each[:, :2]).prod(1) for each in (one, other)]
    return common / (areas[0] + areas[1] - common)


def looks(
    cfg: Any, net: Any, part: Part, hues: list[list[int]], textures: list[list[str]], seed: int
) -> dict[str, Any]:
    """Looks of things that are taken from things of the same class in other scenes."""
    things = {part.samples.about["classes"].index(name) for name in SHAPES}
    samples = [part[i] for i in range(len(part))]
    donors: dict[int, list[tuple[int, int]]] = {}
    for i, sample in enumerate(samples):
        for k, kind in enumerate(sample["classes"].tolist()):
            if kind in things and textures[i][k] == "flat":
                donors.setdefault(kind, []).append((i, k))
    generator = torch.Generator().manual_seed(seed)
    errors, unchanged, ratios = [], [], []
    for i, sample in enumerate(samples):
        objects = objects_of(stacked([sample]), cfg)
        for k, kind in enumerate(sample["classes"].tolist()):
            there = sample["instances"] == k + 1
            others = [pair for pair in donors.get(kind, []) if pair[0] != i]
            if kind not in things or int(there.sum()) < 20 or not others or len(sample["classes"]) > cfg.objects:
                continue
            j, m = others[int(torch.randint(len(others), (1,), generator=generator))]
            before, after = transplanted(cfg, net, sample, objects, k, samples[j], m)
            errors.append(hue_error(after, there, hues[j][m]))
            unchanged.append(hue_error(before, there, hues[j][m]))
            change = (after - before).abs().mean(0)
            ratios.append(float(change[~there].mean() / change[there].mean().clamp_min(1e-6)))
    return {
        "transplants": len(errors),
        "hue_error_median": round(statistics.median(errors), 2),
        "hue_error_before_median": round(statistics.median(unchanged), 2),
        "within_20_degrees": round(sum(error < 20 for error in errors) / len(errors), 4),
        "change_outside_to_inside_median": round(statistics.median(ratios), 4),
    }


@torch.no_grad()
def transplanted(
    cfg: Any, net: Any, sample: dict[str, Tensor], objects: Objects, k: int, donor: dict[str, Tensor], m: int
) -> tuple[Tensor, Tensor]:
    """A scene drawn with its own looks, and with that of one object from elsewhere: [3, H, W] each."""
    own = net.looks_of(sample["image"][None].expand(len(objects.classes), -1, -1, -1), objects.boxes)
    changed = own.clone()
    place = matching(objects, sample, k)
    changed[place] = net.looks_of(donor["image"][None], donor["boxes"][m][None])[0]
    planes = planes_of(cfg, objects.classes, objects.boxes, objects.masks, objects.picture, drawing=True)
    made = [
        net.renderer(composed(cfg, objects.classes, vectors.float(), planes, objects.picture, 1))[0]
        for vectors in (own, changed)
    ]
    return made[0], made[1]


def matching(objects: Objects, sample: dict[str, Tensor], k: int) -> int:
    """The place of the k-th object of a sample among those that the model takes."""
    return int((objects.boxes - sample["boxes"][k]).abs().sum(1).argmin())


def hue_error(picture: Tensor, there: Tensor, hue: int) -> float:
    """Degrees between the hue of the mean colour of some pixels and one of the set's hues."""
    red, green, blue = ((picture[:, there].mean(1) + 1) / 2).clamp(0, 1).tolist()
    found = colorsys.rgb_to_hsv(red, green, blue)[0] * 360
    apart = abs(found - hue * 360 / HUES) % 360
    return min(apart, 360 - apart)


def random_purity(clusters: dict[tuple[int, int], list[tuple[int, str]]]) -> float:
    """How pure in hue clusters of the same sizes are whose members are drawn at random from their class."""
    generator, pure, total = torch.Generator().manual_seed(0), 0, 0
    for kind in {key[0] for key in clusters}:
        sizes = [len(each) for key, each in clusters.items() if key[0] == kind]
        hues = [truth[0] for key, each in clusters.items() if key[0] == kind for truth in each]
        mixed = [hues[i] for i in torch.randperm(len(hues), generator=generator).tolist()]
        for size in sizes:
            own, mixed = mixed[:size], mixed[size:]
            pure += max(Counter(own).values())
            total += size
    return round(pure / total, 4)


@torch.no_grad()
def purity(cfg: Any, net: Any, part: Part, count: int = 1500) -> dict[str, Any]:
    """How far clusters of appearances are those of hues and textures."""
    things = {part.samples.about["classes"].index(name) for name in SHAPES}
    vectors: dict[int, list[Tensor]] = {}
    truths: dict[int, list[tuple[int, str]]] = {}
    for i in range(count):
        sample, line = part[i], part.samples.lines[part.numbers[i]]
        found = net.looks_of(sample["image"][None].expand(len(sample["classes"]), -1, -1, -1), sample["boxes"]).float()
        for k, kind in enumerate(sample["classes"].tolist()):
            if kind in things:
                vectors.setdefault(kind, []).append(found[k])
                truths.setdefault(kind, []).append((line["hues"][k], line["textures"][k]))
    clusters: dict[tuple[int, int], list[tuple[int, str]]] = {}
    steps, pairs = [], []
    finest = cfg.archetypes[-1]
    for kind, own in vectors.items():
        centres = net.archetypes[kind + 1, -finest:]
        for number, truth in zip(torch.cdist(torch.stack(own), centres).argmin(1).tolist(), truths[kind], strict=True):
            clusters.setdefault((kind, number), []).append(truth)
        steps.append(float((centres[1:] - centres[:-1]).norm(dim=1).mean()))
        apart = torch.cdist(centres, centres)
        pairs.append(float(apart.sum() / (finest * (finest - 1))))
    total = sum(map(len, clusters.values()))

    def pure(key: Any) -> float:
        return round(sum(max(Counter(map(key, each)).values()) for each in clusters.values()) / total, 4)

    return {
        "clusters_of_a_class": finest,
        "crops": total,
        "pure_in_hue": pure(lambda truth: truth[0]),
        "pure_in_texture": pure(lambda truth: truth[1]),
        "pure_in_both": pure(lambda truth: truth),
        "pure_in_hue_of_random_clusters": random_purity(clusters),
        "neighbours_to_random_pairs": round(sum(steps) / sum(pairs), 4),
    }


def keep(told: dict[str, Any], before: dict[str, Any]) -> None:
    """Take the rows of an earlier result that were not measured anew, and say where they are from."""
    made = {key: before[key] for key in ("commit", "date", "machine", "versions")}
    told["kept"] = {}
    for model, rows in before["models"].items():
        if model not in told["models"]:
            told["models"][model] = rows
            told["kept"][model] = before.get("kept", {}).get(model, made)
    told["kept_layouts"] = {}
    for model in (*LAYOUTS, "published_layout"):
        if not told.get(model) and before.get(model):
            told[model] = before[model]
            told["kept_layouts"][model] = before.get("kept_layouts", {}).get(model, made)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("train", "layout", "measure"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--model", choices=(*MODELS, *LAYOUTS), default="mismatch")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked.add_argument("--steps", type=int)
    asked.add_argument("--choose", action="store_true", help="measure on the scenes for choosing settings")
    asked.add_argument("--keep", type=Path, help="an earlier result, whose rows of other settings are kept")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    if given.what == "layout":
        model = given.model if given.model in LAYOUTS else LAYOUTS[0]
        seconds = layout_networks(given.folder, given.work, model, given.seed, given.steps or BOX_STEPS)
        print(f"{model} {given.seed}: {seconds:.0f} s")
        return
    if given.what == "train":
        print(
            f"{given.model} {given.seed}: {train(given.folder, given.work, given.model, given.seed, given.steps):.0f} s"
        )
        return
    there = [m for m in MODELS if any((given.work / f"{m} {seed}" / "net").exists() for seed in given.seeds)]
    measured = {model: measure(given.folder, given.work, model, given.seeds, given.choose) for model in there}
    told = {**provenance(), "side": SIDE, "scenes": USED, "seeds": given.seeds, "models": measured}
    for model in LAYOUTS:
        told[model] = layouts(given.folder, given.work, model, given.seeds, given.choose)
    if given.keep:
        keep(told, json.loads(given.keep.read_text("utf-8")))
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
