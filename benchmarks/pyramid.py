"""The semantic pyramid: what each level keeps, what the losses add, and what the engine without training gives.

A model learns from all pictures of a set but every twentieth (of crops of photos, all of every twentieth photo);
those are the references here. Variants are named after
what they change in a preset; ``set`` has a classifier that learned the classes of the set first, ``efficientnet`` one
of ImageNet's classes. Measured are, for each level alone (1 the finest, 7 the classes), means over four latent vectors:

- the mean absolute difference of a result from its reference, of pixels and of the features of the second level, and
  the rank correlation of both with the number of the level;
- diversity: the mean absolute difference of two results of one reference;
- the error of the features that were given, beside that of the features of another picture;
- how often the model's classifier, and a second one, find the class that they find in the reference. The second one
  (the judge) is a residual network without batch normalisation, of another seed, trained on the pictures that the
  models learn from, too.

Then: the absolute difference outside of a hole, beside that of the first level (before the photo is put back there);
how often a picture has another class that it was given, as the vectors of another picture or as the typical vectors of
a class, with a level of its own; the processor seconds of a training step with features computed and with features
given. Of ``remix`` without a model: the difference from photos by level.

    calotype data landscapes --out landscapes --size 32
    python benchmarks/pyramid.py judge landscapes --work work
    python benchmarks/pyramid.py train landscapes --work work --variant set --seed 0
    python benchmarks/pyramid.py train landscapes --work work --variant "set, no diversity" --seed 0
    python benchmarks/pyramid.py measure landscapes --work work --out benchmarks/results/pyramid_set.json

``--speed`` adds the seconds and ``remix`` without a model (of ``pyramid.json``).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import Tensor, nn

import calotype
from calotype import saving
from calotype.catalog import load
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.models import pyramid
from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.generate import generated
from calotype.models.pyramid.masks import masks_at, random_hole, with_vectors
from calotype.models.pyramid.trainer import Trainer
from calotype.tasks.dataset import Dataset
from machine import provenance
from spade import Part, timed

VARIANTS: dict[str, dict[str, Any]] = {
    "set": {"classifier": "set"},
    "set, no diversity": {"classifier": "set", "diversity": 0.0},
    "set, same diversity": {"classifier": "set", "by_depth": False},
    "set, no exchange": {"classifier": "set", "exchanged": 0.0, "alone": 0.7},
    "set, no holes": {"classifier": "set", "cropped": 0.0, "alone": 0.8},
    "efficientnet": {},
}
EVERY = 20  # so many-th picture is held out
REFERENCES, LATENTS = 96, 4
EXCHANGED = (2, 3, 4)  # levels beside which another class is given
JUDGE_STEPS = 500  # of 64 pictures
GUIDED = ("stream", "dandelions", "galaxies", "mountains", "pagoda")  # photos of the examples
GUIDED_LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
EXAMPLES = Path(__file__).parent.parent / "examples" / "photos"


def parts(folder: Path, size: tuple[int, int]) -> tuple[Part, Part, int]:
    """The pictures to learn from and the references, with labels; and the number of classes.

    Of a set that says which photo a picture was cut from, whole photos are held out.
    """
    about = Dataset(folder).about
    samples: Any = Dataset(folder).opened(size, classes=len(about["label_names"]))
    photos = [line.get("photo", number) for number, line in enumerate(samples.lines)]
    held = set(list(dict.fromkeys(photos))[::EVERY])
    out = [number for number, photo in enumerate(photos) if photo in held]
    kept = [number for number, photo in enumerate(photos) if photo not in held]
    return Part(samples, kept), Part(samples, out[:REFERENCES]), len(about["label_names"])  # type: ignore[arg-type]


def stacked(part: Part, name: str = "image") -> Tensor:
    """All pictures or labels of a part."""
    return torch.stack([part[i][name] for i in range(len(part))])


def train(options: argparse.Namespace) -> None:
    """Train a variant, or go on."""
    cfg = replace(pyramid.PRESETS[options.preset], **VARIANTS[options.variant])
    cfg = pyramid.adapted(replace(cfg, steps=options.steps or cfg.steps), Dataset(options.folder).about)
    learned, _, _ = parts(options.folder, cfg.size)
    place = options.work / f"{options.variant} {options.seed}"
    stream = Stream(learned, cfg.batch, seed=options.seed)
    net, seconds = timed(place, options.seed, lambda run: pyramid.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "pyramid", cfg, net, "", cfg.size)
        (place / "seconds.json").write_text(json.dumps({"seconds": seconds, **provenance()}))


class Judge(nn.Module):
    """A residual network with group normalisation and convolutions of stride 2: an independent classifier."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (24, 48, 96, 96)
        self.enter = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise((3, *widths)))
        self.block = nn.ModuleList(
            nn.Sequential(nn.GroupNorm(6, b), nn.SiLU(), nn.Conv2d(b, b, 3, padding=1)) for b in widths
        )
        self.leave = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, H, W] to logits [B, classes]."""
        for enter, block in zip(self.enter, self.block):
            x = enter(x)
            x = x + block(x)
        found: Tensor = self.leave(F.silu(x).amax((2, 3)))
        return found


def train_judge(options: argparse.Namespace) -> None:
    """Train the second classifier on what the models learn from."""
    size = pyramid.PRESETS[options.preset].size
    learned, held, classes = parts(options.folder, size)
    torch.manual_seed(1000)
    net = Judge(classes)
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, JUDGE_STEPS)
    stream = Stream(learned, 64, seed=1000)
    for i in range(JUDGE_STEPS):
        batch = stream(i)
        pictures = batch["image"] if i % 2 else batch["image"].flip(3)
        loss = F.cross_entropy(net(pictures), batch["label"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    right = float((told(net, stacked(held)) == stacked(held, "label")).float().mean())
    options.work.mkdir(parents=True, exist_ok=True)
    torch.save({"net": net.state_dict(), "classes": classes, "right": right}, options.work / "judge.pt")
    print("judge:", right)


@torch.no_grad()
def told(net: nn.Module, pictures: Tensor) -> Tensor:
    """The class that a judge finds in each picture."""
    return torch.cat([net(part).argmax(1) for part in pictures.split(64)])


class Model:
    """A trained variant: what it draws of references."""

    def __init__(self, folder: Path) -> None:
        loaded = load(folder)
        self.cfg, self.net = loaded.config, loaded.net.eval()
        self.levels = levels(self.cfg)

    @torch.no_grad()
    def features(self, pictures: Tensor) -> list[Tensor]:
        found: list[Tensor] = self.net.classifier(pictures)  # type: ignore[operator]
        return found

    def told(self, features: list[Tensor]) -> Tensor:
        """The class that the model's classifier finds."""
        found: Tensor = self.net.classifier.told(features)  # type: ignore[union-attr,operator]
        return found

    @torch.no_grad()
    def draw(self, features: list[Tensor], masks: list[Tensor], seed: int) -> Tensor:
        noise = torch.Generator().manual_seed(seed)
        latent = torch.randn(len(features[0]), self.cfg.latent, generator=noise)
        return generated(self.net, latent, features, masks)  # type: ignore[arg-type]


def by_level(model: Model, judge: nn.Module, references: Tensor) -> list[dict[str, float]]:
    """The figures of each level alone."""
    features, rows = model.features(references), []
    wanted, seen = model.told(features), told(judge, references)
    shuffled = [each.roll(1, 0) for each in features]
    for number, level in enumerate(model.levels):
        masks = masks_at(number, model.cfg)
        drawn = [model.draw(features, masks, seed) for seed in range(LATENTS)]
        found = [model.features(each) for each in drawn]
        error = mean((each[number] - features[number]).abs().mean() for each in found)
        row = {
            "pixels": mean((each - references).abs().mean() for each in drawn),
            "features": mean((each[1] - features[1]).abs().mean() for each in found),
            "diversity": mean((a - b).abs().mean() for a, b in pairwise(drawn)),
            "given_error": error / float((shuffled[number] - features[number]).abs().mean()),
            "class_kept": mean((model.told(each) == wanted).float().mean() for each in found),
            "class_judged": mean((told(judge, each) == seen).float().mean() for each in drawn),
        }
        rows.append({"level": level.name, **row})
    return rows


def mean(values: Iterable[Tensor]) -> float:
    """The mean of scalars."""
    return statistics.fmean(float(value) for value in values)


def rank(rows: list[dict[str, float]], name: str) -> float:
    """Rank correlation of a figure with the number of the level."""
    return float(spearmanr(range(len(rows)), [row[name] for row in rows]).statistic)


def holes(model: Model, references: Tensor) -> dict[str, float]:
    """Difference outside of holes, with the finer levels around them, beside that of the finest level."""
    torch.manual_seed(0)
    features, outside = model.features(references), []
    for i in range(len(references)):
        hole = random_hole(model.cfg)
        one = [each[i : i + 1] for each in features]
        made = model.draw(one, masks_at(CONVOLUTIONAL - 1, model.cfg, hole), 0)
        difference = (made - references[i]).abs().mean(1, keepdim=True)
        outside.append(float((difference * (1 - hole)).sum() / (1 - hole).sum()))
    copied = float((model.draw(features, masks_at(0, model.cfg), 0) - references).abs().mean())
    return {"outside": statistics.fmean(outside), "first_level": copied, "ratio": statistics.fmean(outside) / copied}


def relabelled(model: Model, judge: nn.Module, references: Tensor) -> dict[str, Any]:
    """How often a picture with a level of its own has the class of another, whose vectors it was given.

    And, where the classifier learned the classes of the set, another class whose typical vectors it was given.
    """
    features, cfg = model.features(references), model.cfg
    other, seen = [each.roll(7, 0) for each in features], told(judge, references)
    own, wanted, judged = model.told(features), model.told(other), seen.roll(7, 0)
    named: list[Tensor] | None = None
    if cfg.classes:
        next_one = (own + 1) % cfg.classes
        pairs = [model.net.classifier.vectors_of(int(k)) for k in next_one]  # type: ignore[union-attr,operator]
        named = [torch.cat(each) for each in zip(*pairs)]
    result: dict[str, Any] = {}
    for level in EXCHANGED:
        masks = with_vectors(masks_at(level, cfg))
        drawn = model.draw([*features[:CONVOLUTIONAL], *other[CONVOLUTIONAL:]], masks, 0)
        found = model.features(drawn)
        near = (found[level] - features[level]).abs().mean() / (other[level] - features[level]).abs().mean()
        row = {
            "class_of_the_other": float((model.told(found) == wanted)[wanted != own].float().mean()),
            "judged": float((told(judge, drawn) == judged)[judged != seen].float().mean()),
            "own_level_error": float(near),
        }
        if named is not None:
            drawn = model.draw([*features[:CONVOLUTIONAL], *named], masks, 0)
            row["named_class"] = float((model.told(model.features(drawn)) == next_one).float().mean())
            row["named_class_judged"] = float((told(judge, drawn) == next_one).float().mean())
        result[model.levels[level].name] = row
    return result


def step_seconds(cfg: Any) -> dict[str, float]:
    """Processor seconds of a step with the references' features computed and given, by turns."""
    trainer = Trainer(cfg, torch.device("cpu"))
    pictures = torch.rand(cfg.batch, 3, *cfg.size) * 2 - 1
    with torch.no_grad():
        known = trainer.net.classifier(pictures[: cfg.batch // 2])
    computed = trainer.net.classifier.forward

    def once(given: bool) -> float:
        def forward(seen: Tensor, deepest: int | None = None) -> list[Tensor]:
            return known if given and not seen.requires_grad else computed(seen, deepest)

        trainer.net.classifier.forward = forward  # type: ignore[method-assign]
        began = time.process_time()
        trainer.step({}, {"image": pictures}, 1)
        return time.process_time() - began

    once(False)
    turns = [(once(False), once(True)) for _ in range(7)]
    whole, cached = (statistics.median(each) for each in zip(*turns))
    return {"computed": whole, "given": cached, "times_as_fast": whole / cached}


def guided() -> list[dict[str, float]]:
    """Without a model: the difference of results from photos by level, mean over photos."""
    rows = []
    for level in GUIDED_LEVELS:
        changes, diversity, began = [], [], time.process_time()
        for name in GUIDED:
            made = calotype.remix(EXAMPLES / f"{name}.jpg", level=level, n=2, max_side=200)
            one, two = (torch.from_numpy(_values(each)) for each in made)
            given = calotype.remix(EXAMPLES / f"{name}.jpg", level=0.0, max_side=200)[0]
            changes.append(float((one - torch.from_numpy(_values(given))).abs().mean()))
            diversity.append(float((one - two).abs().mean()))
        seconds = (time.process_time() - began) / (3 * len(GUIDED))
        rows.append(
            {
                "level": level,
                "change": statistics.fmean(changes),
                "diversity": statistics.fmean(diversity),
                "cpu_seconds": seconds,
            }
        )
    return rows


def _values(picture: Any) -> Any:
    import numpy as np

    return np.asarray(picture.convert("RGB"), np.float32) / 127.5 - 1


def sheet(model: Model, references: Tensor, count: int = 8, latents: int = 2) -> Any:
    """References, and results of each level by one or two latent vectors."""
    shown = references[:count]
    features, images, captions = model.features(shown), [], []
    columns: list[tuple[str, Callable[[], Tensor]]] = [("reference", lambda: shown)]
    columns += [
        (
            f"{level.name}, {seed}" if latents > 1 else level.name,
            lambda k=number, s=seed: model.draw(features, masks_at(k, model.cfg), s),
        )  # type: ignore[misc]
        for number, level in enumerate(model.levels)
        for seed in range(latents)
    ]
    made = [(name, make()) for name, make in columns]
    for i in range(count):
        for name, pictures in made:
            images.append(to_image(pictures[i : i + 1]).resize((96, 96), 0))
            captions.append(name)
    return contact_sheet(images, captions, columns=len(columns), cell=96)


def measure(options: argparse.Namespace) -> None:
    """Measure all trained variants of a set."""
    record = json.loads(options.out.read_text()) if options.out.exists() else {}
    saved = torch.load(options.work / "judge.pt", weights_only=True)
    judge = Judge(saved["classes"])
    judge.load_state_dict(saved["net"])
    rows = {}
    for place in sorted(path for path in options.work.iterdir() if (path / "net").is_dir()):
        model = Model(place / "net")
        learned, held, _ = parts(options.folder, model.cfg.size)
        references = stacked(held)
        levels_ = by_level(model, judge, references)
        rows[place.name] = {
            "steps": model.cfg.steps,
            "trained": json.loads((place / "seconds.json").read_text()),
            "learned_from": len(learned),
            "references": len(references),
            "classes": list(model.cfg.names),
            "accuracy": float(model.net.classifier.net.accuracy) if model.cfg.classes else None,  # type: ignore[union-attr]
            "levels": levels_,
            "rank": {name: rank(levels_, name) for name in ("pixels", "features", "diversity")},
            "holes": holes(model, references),
            "relabelled": relabelled(model, judge, references),
        }
        print(place.name, json.dumps(rows[place.name], indent=1), flush=True)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet(model, references).save(options.sheets / f"{options.folder.name} {place.name}.png")
        if options.picture and place.name.startswith("set "):
            sheet(model, references[8:], 5, 1).save(options.picture, quality=80, optimize=True)
    record.setdefault("sets", {})[options.folder.name] = {
        "variants": rows,
        "judge": saved["right"],
        "classes": saved["classes"],
        "side": pyramid.PRESETS[options.preset].size[0],
    }
    if options.speed:
        record["step"] = {name: step_seconds(pyramid.PRESETS[name]) for name in ("study", "small")}
        record["guided"] = {"rows": guided()}
    record |= provenance()
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("judge", "train", "measure"))
    parser.add_argument("folder", type=Path, help="the set")
    parser.add_argument("--work", type=Path, required=True, help="folder for models, outside the repository")
    parser.add_argument("--variant", choices=VARIANTS, default="set")
    parser.add_argument("--preset", default="study")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", action="store_true", help="also time steps, and remix without a model")
    parser.add_argument("--picture", type=Path, help="also write the sheet of docs/models.md")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/pyramid_set.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    {"judge": train_judge, "train": train, "measure": measure}[options.what](options)


if __name__ == "__main__":
    main()
