"""Does ``relayout`` put things where a map wants them, and do they still look like the photo?

    python benchmarks/relayout.py --data DATA --weights WEIGHTS --out OUT.json --sheets OUT

DATA holds ``tasks/analogy/``, one folder a case: ``img`` the photo, ``label`` a map of it, ``cond/`` other layouts. All
are shrunk to ``--side`` pixels. For each result: the seconds it took, by the clock; SIFID to the photo; and how far a
segmenter finds in it the layout that was asked for, as the share of right pixels and as intersection over union, the
mean over the labels.

There are two segmenters, which know nothing of the engines, nor of where things are. Both learn from the photo and its
own map. ``near``: each pixel takes the label that most of the nearest pixels of the photo have, by colour and by mean
and deviation of the colours around it. ``deep``: a linear classifier (ridge regression, labels weighted by the root of
their frequency) of the features of VGG-16, relu1_2 to relu3_3; it needs the weights. Both err too, so two more rows
tell what the figures mean: ``photo, own map`` is what they find in the photo itself, compared with the photo's own map
(``near`` keeps each pixel from its own vicinity; ``deep`` has learned from just these pixels); ``photo, target`` is the
photo left as it is, compared with the layout asked for.

``singan edit`` is what a system does that takes an edited photo instead of a map: where the label changes, parts of the
photo that have the label wanted are pasted in, each shifted so that it covers as much as can be, the mean colour of the
label where none fits; and the verb ``edit`` makes that belong.

``mean colours`` is the target map painted in the mean colour of each label in the photo: no synthesis at all. ``dia``
takes that picture as A and the photo as B', as it cannot read maps.

``spade one`` is SPADE (the model ``spade``, preset ``study`` without style codes, 1000 steps) trained on that photo
alone: on squares of 64 pixels, cut from the photo and its map at random places and scales and flipped at random. It
then draws the target map at the size of the photo. ``--work`` is the folder of its trainings.

``--train`` trains what the systems need, at that size, and keeps the seconds it took of the processor and of the clock,
and with how many threads; models that are there already are passed over. ``--keep`` takes what a result of this script
has and this run does not measure, training included, so that a system can be measured anew by itself.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from calotype.catalog import ENGINES
from calotype.catalog import engine as engine_of
from calotype.image.grid import contact_sheet
from calotype.image.io import list_photos, open_photo, to_image, to_tensor
from calotype.image.labelmap import fitted, open_labels
from calotype.image.labels import channels
from calotype.image.resize import resize
from calotype.metrics.segmentation import mean_iou, pixel_accuracy
from calotype.metrics.sifid import sifid
from calotype.models import spade
from calotype.nn.features import inception_stem
from calotype.nn.filter_bank import offline_features
from calotype.nn.vgg import Vgg16, vgg16
from calotype.run import Run
from calotype.types import LabelMap, Size
from machine import provenance

COLUMNS = ("pixels", "iou", "pixels_deep", "iou_deep", "sifid_offline", "sifid", "seconds")
SYSTEMS = ("mean colours", "gpnn fast", "imageanalogies fast", "dia fast", "singan edit", "analogy fast", "spade one")
MEAN_COLOURS, SPADE, SPADE_STEPS = "mean colours", "spade one", 1000
NEIGHBOURS, SAMPLE, VICINITY = 9, 6000, 4
SHIFTS = 8  # pasted parts a label


@dataclass(frozen=True)
class Case:
    """A photo [1, 3, H, W], its map and a layout that is asked for, in the same numbers."""

    name: str
    layout: str
    photo: torch.Tensor
    own: LabelMap
    target: LabelMap


def main() -> None:
    options = arguments()
    features = {"sifid_offline": offline_features()}
    if options.weights:
        features["sifid"] = inception_stem(options.weights)
    deep = vgg16(options.weights) if options.weights else None
    started, rows, pictures = time.perf_counter(), [], {}
    systems = known(options.systems)
    kept = json.loads(options.keep.read_text()) if options.keep else {"training": [], "rows": []}
    if options.train:
        write(options.out, kept | {**provenance(), "side": options.side, "training": trained(systems, kept, options)})
        return
    for case in cases(options):
        if case.name not in pictures:
            pictures[case.name], segmenters = [], segmenters_of(case, deep)
            if not options.keep:
                rows.append(row(case, "photo, own map", found(case.own, case.photo, segmenters, itself=True)))
        if not options.keep:
            rows.append(row(case, "photo, target", found(case.target, case.photo, segmenters)))
        line = [to_image(case.photo), case.target.image()]
        for system in systems:
            made, seconds = drawn(case, system, options)
            line.append(to_image(made))
            values = {**found(case.target, made, segmenters), "seconds": seconds}
            rows.append(row(case, system, values | {key: sifid(case.photo, made, f) for key, f in features.items()}))
        pictures[case.name] += line
        print(f"{case.name} {case.layout}", flush=True)
    ran_on = provenance()
    rows = [each for each in kept["rows"] if each["system"] not in systems] + rows
    order = list(dict.fromkeys(["photo, own map", "photo, target", *SYSTEMS, *systems]))
    rows.sort(key=lambda each: (each["case"], each["layout"], order.index(each["system"])))
    record = {
        **ran_on,
        "commits": kept.get("commits", {}) | dict.fromkeys(systems, ran_on["commit"]),
        "side": options.side,
        "systems": [system for system in order[2:] if any(each["system"] == system for each in rows)],
        "training": kept["training"],
        "seconds": round(time.perf_counter() - started, 1),
        "features": {name: each.name for name, each in features.items()} | ({"deep": deep.name} if deep else {}),
        "summary": summary(rows),
        "rows": rows,
    }
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        labels = ["photo", "target", *systems]
        for name, shown in pictures.items():
            repeated = labels * (len(shown) // len(labels))
            contact_sheet(shown, repeated, columns=len(labels)).save(options.sheets / f"{name}.png")
    write(options.out, record)
    print(table(record["summary"]))


def write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def trained(systems: list[str], kept: dict[str, Any], options: argparse.Namespace) -> list[dict[str, Any]]:
    """What is known of the training of each case's models, those that are not there yet being trained now."""
    import calotype

    lines = list(kept["training"])
    if SPADE in systems:
        for case in first_of_each(cases(options)):
            clock, processor = time.perf_counter(), time.process_time()
            spade_net(case, options.work)
            line = training_line(case, SPADE, time.process_time() - processor, time.perf_counter() - clock)
            lines = [each for each in lines if (each["case"], each["engine"]) != (case.name, SPADE)] + [line]
    own = [each for each in systems if each not in (MEAN_COLOURS, SPADE)]
    for engine in [each.split()[0] for each in own if hasattr(engine_of(each.split()[0]), "train")]:
        for case in first_of_each(cases(options)):
            labels = case.own if "labels" in signature(engine_of(engine).train).parameters else None
            clock, processor = time.perf_counter(), time.process_time()
            model = calotype.train(engine, to_image(case.photo), labels=labels, device="cpu")
            if not model.new:
                continue
            line = training_line(case, engine, time.process_time() - processor, time.perf_counter() - clock)
            lines = [each for each in lines if (each["case"], each["engine"]) != (case.name, engine)] + [line]
    return sorted(lines, key=lambda each: (each["engine"], each["case"]))


def training_line(case: Case, engine: str, processor: float, clock: float) -> dict[str, Any]:
    line = {
        "case": case.name,
        "engine": engine,
        "size": f"{case.photo.shape[3]}x{case.photo.shape[2]}",
        "seconds_processor": round(processor, 1),
        "seconds_clock": round(clock, 1),
        "threads": torch.get_num_threads(),
    }
    print(line, flush=True)
    return line


def spade_config(case: Case) -> spade.Config:
    """The settings of ``spade one``."""
    return replace(spade.PRESETS["study"], steps=SPADE_STEPS, latent=0, classes=case.own.classes)


def spade_net(case: Case, work: Path) -> Any:
    """SPADE trained on one photo; a training that was finished or stopped in ``work`` goes on."""
    cfg = spade_config(case)
    run = Run(work / f"spade_{case.name}_{case.photo.shape[3]}x{case.photo.shape[2]}", seed=0)
    return spade.train(Crops(case, cfg), cfg, run)


class Crops:
    """Batches of squares of one photo and its map, at random places and scales, flipped at random."""

    def __init__(self, case: Case, cfg: spade.Config) -> None:
        self.photo, self.map, self.cfg = case.photo, numbers(case.own), cfg

    def __call__(self, step: int) -> dict[str, torch.Tensor]:
        chance = np.random.default_rng((0, step))
        some = [self._one(chance) for _ in range(self.cfg.batch)]
        return {"image": torch.cat([picture for picture, _ in some]), "map": torch.stack([map_ for _, map_ in some])}

    def _one(self, chance: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = self.cfg.size
        side = min(round(height * chance.uniform(0.8, 1.6)), *self.map.shape)
        top, left = (int(chance.integers(0, length - side + 1)) for length in self.map.shape)
        part = np.s_[top : top + side, left : left + side]
        picture = resize(self.photo[(..., *part)], (height, width))
        labels = F.interpolate(self.map[part][None, None].double(), size=(height, width), mode="nearest-exact")[
            0, 0
        ].long()
        flipped = bool(chance.random() < 0.5)
        return (picture.flip(3), labels.flip(1)) if flipped else (picture, labels)


def first_of_each(every: Iterator[Case]) -> Iterator[Case]:
    seen = set()
    for case in every:
        if case.name not in seen:
            seen.add(case.name)
            yield case


def known(systems: tuple[str, ...]) -> list[str]:
    """Those of them that are there; of the others, a line says that they are passed over."""
    there = [system for system in systems if system in (MEAN_COLOURS, SPADE) or system.split()[0] in ENGINES]
    for system in systems:
        if system not in there:
            print(f"passing over '{system}': there is no such engine here", file=sys.stderr)
    return there


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--side", type=int, default=192, help="the longer side of all pictures, pixels")
    parser.add_argument("--layouts", type=int, help="only the first so many of each case")
    parser.add_argument(
        "--systems", type=lambda text: tuple(text.split(",")), default=SYSTEMS, help="engine and preset, with commas"
    )
    parser.add_argument("--set", nargs="*", default=[], help="KEY=VALUE, for every engine that takes maps")
    parser.add_argument("--train", action="store_true", help="train, and measure that, instead of making pictures")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/relayout"), help="where trainings of spade one are kept"
    )
    parser.add_argument("--keep", type=Path, help="a result of this script, for what is not measured now")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the pictures are: --data, or the environment variable CALOTYPE_DATA")
    return options


def cases(options: argparse.Namespace) -> Iterator[Case]:
    for folder in sorted(path for path in (Path(options.data) / "tasks" / "analogy").iterdir() if path.is_dir()):
        given = {path.stem: path for path in list_photos(folder)}
        photo = to_tensor(open_photo(given["img"], max_side=options.side))[:, :3]
        size = Size(photo.shape[2], photo.shape[3])
        own = open_labels(given["label"])
        layouts = [path for path in list_photos(folder / "cond") if not path.stem.startswith("mask")]
        for path in layouts[: options.layouts]:
            target = open_labels(path, like=own)
            yield Case(folder.name, path.stem, photo, fitted(own, size), fitted(target, size))


def numbers(labels: LabelMap) -> torch.Tensor:
    """int64 [h, w]."""
    return torch.from_numpy(labels.index).long()


def drawn(case: Case, system: str, options: argparse.Namespace) -> tuple[torch.Tensor, float]:
    """The result, and the seconds it took, training not counted."""
    import calotype

    if system == MEAN_COLOURS:
        return mean_colours(case), 0.0
    if system == SPADE:
        net = spade_net(case, options.work)
        began = time.perf_counter()
        cfg = spade_config(case)
        return spade.draw(cfg, Run(), net=net, label_map=numbers(case.target)[None]), time.perf_counter() - began
    engine, preset = system.split()
    photo = to_image(case.photo)
    if preset == "edit":
        changed = case.own.index != case.target.index
        if not changed.any():
            return case.photo, 0.0
        result = calotype.edit(photo, to_image(pasted(case)), mask=changed, engine=engine, device="cpu")
    elif engine == "dia":
        result = calotype.analogy(photo, to_image(mean_colours(case)), engine=engine, preset=preset, device="cpu")
    else:
        settings = dict(pair.split("=") for pair in options.set)
        result = calotype.relayout(
            photo, case.own, case.target, engine=engine, preset=preset, settings=settings, device="cpu"
        )
    return to_tensor(open_photo(result[0])), result.seconds[0]


def mean_colours(case: Case) -> torch.Tensor:
    """The target map in the photo's mean colour of each label: [1, 3, h, w]."""
    own, target = numbers(case.own), numbers(case.target)
    painted = torch.zeros_like(case.photo)
    for label in target.unique():
        where = own == label
        lent = case.photo[0][:, where if where.any() else torch.ones_like(where)]
        painted[0][:, target == label] = lent.mean(1, keepdim=True)
    return painted


def pasted(case: Case) -> torch.Tensor:
    """The photo, edited so that its parts lie about as the layout wants them: [1, 3, h, w]."""
    own, target = numbers(case.own), numbers(case.target)
    edited = case.photo.clone()
    for label in target[target != own].unique():
        left = (target == label) & (own != label)
        lent = own == label
        edited[0][:, left] = case.photo[0][:, lent].mean(1, keepdim=True)
        for _ in range(SHIFTS):
            dy, dx = best_shift(left, lent)
            y, x = left.nonzero().T
            there = (y + dy >= 0) & (y + dy < own.shape[0]) & (x + dx >= 0) & (x + dx < own.shape[1])
            y, x = y[there], x[there]
            fits = lent[y + dy, x + dx]
            y, x = y[fits], x[fits]
            edited[0, :, y, x] = case.photo[0, :, y + dy, x + dx]
            left[y, x] = False
            if not left.any() or not len(y):
                break
    return edited


def best_shift(wanted: torch.Tensor, lent: torch.Tensor) -> tuple[int, int]:
    """(dy, dx) by which most of ``wanted``, bool [h, w], comes to lie in ``lent``, bool [h, w]."""
    size = [2 * length for length in wanted.shape]
    product = torch.fft.rfft2(lent.float(), s=size) * torch.fft.rfft2(wanted.float(), s=size).conj()
    place = int(torch.fft.irfft2(product, s=size).round().argmax())
    dy, dx = divmod(place, size[1])
    return (dy if dy < wanted.shape[0] else dy - size[0]), (dx if dx < wanted.shape[1] else dx - size[1])


def segmenters_of(case: Case, deep: Vgg16 | None) -> dict[str, Any]:
    """What finds labels in pictures, by the end of the names of its figures."""
    own = channels(numbers(case.own)[None], case.own.classes)
    found = {"": Segmenter(case.photo, own)}
    return found | ({"_deep": DeepSegmenter(case.photo, own, deep)} if deep else {})


def found(
    wanted: LabelMap, picture: torch.Tensor, segmenters: dict[str, Any], itself: bool = False
) -> dict[str, float]:
    """How far each segmenter finds in a picture the layout that was asked for."""
    values = {}
    for end, segmenter in segmenters.items():
        labels, asked = segmenter(picture, itself), numbers(wanted)
        values |= {f"pixels{end}": pixel_accuracy(asked, labels), f"iou{end}": mean_iou(asked, labels)}
    return values


class DeepSegmenter:
    """Labels for the pixels of a picture by a linear classifier of deep features, learned from a photo and its map."""

    def __init__(self, photo: torch.Tensor, own: torch.Tensor, net: Vgg16, ridge: float = 1e-3) -> None:
        self.net = net
        rows = self._described(photo)
        self.mean, self.scale = rows.mean(0), rows.std(0).clamp(min=1e-6)
        rows, labels = self._normed(rows), own[0].flatten(1).T
        # Of the square root: a rare label counts for more than its pixels, and not for as much as all of the sky.
        weight = (labels / labels.sum(0).clamp(min=1).sqrt()).sum(1, keepdim=True)
        weight = weight / weight.mean()
        product = rows.T @ (weight * rows) / len(rows)
        product += ridge * torch.eye(len(product))
        self.linear = torch.linalg.solve(product, rows.T @ (weight * labels) / len(rows))

    def __call__(self, picture: torch.Tensor, itself: bool = False) -> torch.Tensor:
        """Labels int64 [h, w]."""
        return (self._normed(self._described(picture)) @ self.linear).argmax(1).view(picture.shape[2:])

    def _normed(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.cat([(rows - self.mean) / self.scale, torch.ones(len(rows), 1)], 1)

    @torch.no_grad()
    def _described(self, picture: torch.Tensor) -> torch.Tensor:
        """[h * w, 448]: relu1_2, relu2_2 and relu3_3 at every pixel."""
        size = picture.shape[2:]
        maps = self.net.layers(picture[:, :3])[:3]
        large = [F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in maps]
        return torch.cat(large, 1)[0].flatten(1).T


class Segmenter:
    """Labels for the pixels of a picture, from a photo and a map of it."""

    def __init__(self, photo: torch.Tensor, own: torch.Tensor) -> None:
        found = described(photo)
        self.scale = found.std(0).clamp(min=1e-3)
        chosen = torch.randperm(len(found), generator=torch.Generator().manual_seed(0))[:SAMPLE]
        self.known = found[chosen] / self.scale
        self.labels = own[0].argmax(0).flatten()[chosen]
        width = photo.shape[3]
        self.places = torch.stack([chosen // width, chosen % width], 1).float()
        self.count = own.shape[1]

    def __call__(self, picture: torch.Tensor, itself: bool = False) -> torch.Tensor:
        """Labels int64 [h, w]; a pixel of the photo ``itself`` takes none from within ``VICINITY`` pixels."""
        height, width = picture.shape[2:]
        rows, found = described(picture) / self.scale, []
        for start in range(0, len(rows), 2000):
            distance = torch.cdist(rows[start : start + 2000], self.known)
            if itself:
                index = torch.arange(start, min(start + 2000, len(rows)))
                here = torch.stack([index // width, index % width], 1).float()
                distance[torch.cdist(here, self.places, p=float("inf")) <= VICINITY] = float("inf")
            votes = self.labels[distance.topk(NEIGHBOURS, largest=False).indices]
            found.append(F.one_hot(votes, self.count).sum(1).argmax(1))
        return torch.cat(found).view(height, width)


def described(picture: torch.Tensor) -> torch.Tensor:
    """[h * w, 15]: colour, its mean in windows of 5 and 13 pixels, and its deviation in both."""
    parts = [picture]
    for side in (5, 13):
        mean = F.avg_pool2d(picture, side, 1, side // 2, count_include_pad=False)
        square = F.avg_pool2d(picture.square(), side, 1, side // 2, count_include_pad=False)
        parts += [mean, (square - mean.square()).clamp(min=0).sqrt()]
    return torch.cat(parts, 1)[0].flatten(1).T


def row(case: Case, system: str, values: dict[str, float]) -> dict[str, Any]:
    rounded = {name: round(values[name], 5) for name in COLUMNS if name in values}
    size = f"{case.photo.shape[3]}x{case.photo.shape[2]}"
    return {"case": case.name, "layout": case.layout, "size": size, "system": system, **rounded}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means for each case and system (of seconds the median), and over the cases, each counting once."""
    lines = []
    systems = list(dict.fromkeys(row["system"] for row in rows))
    for system in systems:
        means = []
        for case in dict.fromkeys(row["case"] for row in rows):
            chosen = [row for row in rows if (row["case"], row["system"]) == (case, system)]
            there = [name for name in COLUMNS if name in chosen[0]]
            means.append({name: middle(name, [r[name] for r in chosen]) for name in there})
            lines.append({"case": case, "system": system, "layouts": len(chosen), "mean": rounded(means[-1])})
        overall = {name: statistics.fmean(mean[name] for mean in means) for name in means[0]}
        lines.append({"case": "all", "system": system, "layouts": None, "mean": rounded(overall)})
    return lines


def middle(name: str, values: list[float]) -> float:
    """The mean; of seconds the median, since other work on the machine holds up one picture and not the next."""
    return statistics.median(values) if name == "seconds" else statistics.fmean(values)


def rounded(mean: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in mean.items()}


def table(lines: list[dict[str, Any]]) -> str:
    text = [f"{'means':34}" + "".join(f"{name:>15}" for name in COLUMNS)]
    for line in lines:
        cells = (f"{line['mean'][name]:15.4f}" if name in line["mean"] else f"{'-':>15}" for name in COLUMNS)
        text.append(f"{line['case']:10}  {line['system']:22}" + "".join(cells))
    return "\n".join(text)


if __name__ == "__main__":
    main()
