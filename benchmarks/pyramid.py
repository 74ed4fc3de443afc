"""The semantic pyramid: what each level keeps, what the losses add, and what the engine without training gives.

A model learns from all pictures of a set but every twentieth; those are the references here. Measured are, for each
level alone (1 the finest, 7 the classes):

- the mean absolute difference of a result from its reference, of pixels and of the features of the second level, and
  the rank correlation of both with the number of the level;
- diversity: the mean absolute difference of two results of one reference, over eight latent vectors;
- the error of the features that were given, beside that of the features of another picture;
- how often the classifier finds the class of the reference first (it is the one that the model was trained with).

Then: the absolute difference outside of a hole, beside that of the first level (before the photo is put back there);
how often a picture has the class of another one whose deeper levels it was given, with its own third level; the
processor seconds of a training step with features computed and with features given. Of ``remix`` without a model: the
difference from photos by level.

    calotype data landscapes landscapes --size 32
    python benchmarks/pyramid.py train landscapes --work work --variant all --seed 0
    python benchmarks/pyramid.py train landscapes --work work --variant "no diversity" --seed 0
    python benchmarks/pyramid.py measure landscapes --work work --out benchmarks/results/pyramid.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from scipy.stats import spearmanr
from torch import Tensor

import calotype
from calotype import saving
from calotype.catalog import load
from calotype.data.folder import Folder
from calotype.data.stream import Stream
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.models import pyramid
from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.generate import generated
from calotype.models.pyramid.masks import masks_at, random_hole
from calotype.models.pyramid.trainer import Trainer
from machine import provenance
from spade import Part, timed

VARIANTS: dict[str, dict[str, Any]] = {
    "all": {},
    "no diversity": {"diversity": 0.0},
    "no reconstruction": {"reconstruction": 0.0},
    "no holes": {"alone": 0.9, "cropped": 0.0},
}
EVERY = 20  # so many-th picture is held out
REFERENCES, LATENTS = 64, 8
GUIDED = ("stream", "dandelions", "galaxies", "mountains", "pagoda")  # photos of the examples
GUIDED_LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
EXAMPLES = Path(__file__).parent.parent / "examples" / "photos"


def parts(folder: Path, size: tuple[int, int]) -> tuple[Part, Tensor]:
    """The pictures to learn from, and the references, [N, 3, H, W]."""
    pictures = Folder(folder, size)
    out = range(0, len(pictures), EVERY)
    kept = [i for i in range(len(pictures)) if i % EVERY]
    held = torch.stack([pictures[i]["image"] for i in list(out)[:REFERENCES]])
    return Part(pictures, kept), held  # type: ignore[arg-type]


def train(options: argparse.Namespace) -> None:
    """Train a variant, or go on."""
    cfg = replace(pyramid.PRESETS[options.preset], **VARIANTS[options.variant])
    cfg = replace(cfg, steps=options.steps or cfg.steps)
    learned, _ = parts(options.folder, cfg.size)
    place = options.work / f"{options.variant} {options.seed}"
    stream = Stream(learned, cfg.batch, seed=options.seed)
    net, seconds = timed(place, options.seed, lambda run: pyramid.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "pyramid", cfg, net, "", cfg.size)
        (place / "seconds.json").write_text(json.dumps({"seconds": seconds, **provenance()}))


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

    @torch.no_grad()
    def draw(self, features: list[Tensor], masks: list[Tensor], seed: int) -> Tensor:
        noise = torch.Generator().manual_seed(seed)
        latent = torch.randn(len(features[0]), self.cfg.latent, generator=noise)
        return generated(self.net, latent, features, masks)  # type: ignore[arg-type]


def by_level(model: Model, references: Tensor) -> list[dict[str, float]]:
    """The figures of each level alone."""
    features, rows = model.features(references), []
    shuffled = [each.roll(1, 0) for each in features]
    for number, level in enumerate(model.levels):
        masks = masks_at(number, model.cfg)
        drawn = torch.stack([model.draw(features, masks, seed) for seed in range(LATENTS)])
        first, found = drawn[0], model.features(drawn[0])
        error, other = ((a[number] - features[number]).abs().mean() for a in (found, shuffled))
        rows.append(
            {
                "level": level.name,
                "pixels": float((first - references).abs().mean()),
                "features": float((found[1] - features[1]).abs().mean()),
                "diversity": float((drawn[1:] - drawn[:-1]).abs().mean()),
                "given_error": float(error / other),
                "class_kept": float((found[-1].argmax(1) == features[-1].argmax(1)).float().mean()),
            }
        )
    return rows


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


def relabelled(model: Model, references: Tensor) -> dict[str, float]:
    """How often a picture with its own third level and deeper levels of another one has the class of that."""
    features = model.features(references)
    other = [each.roll(7, 0) for each in features]
    wanted, own = (each[-1].argmax(1) for each in (other, features))
    differ = wanted != own
    result = {}
    for level in (2, 3, 4):
        masks = masks_at(level, model.cfg)
        masks = [each if k <= level else torch.ones_like(each) for k, each in enumerate(masks)]
        both = [*features[: level + 1], *other[level + 1 :]]
        found = model.features(model.draw(both, masks, 0))
        near = (found[level] - features[level]).abs().mean() / (other[level] - features[level]).abs().mean()
        hit = (found[-1].argmax(1) == wanted)[differ].float().mean()
        result[model.levels[level].name] = {"class_of_the_other": float(hit), "own_level_error": float(near)}
    return result  # type: ignore[return-value]


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
    rows = {}
    for place in sorted(path for path in options.work.iterdir() if (path / "net").is_dir()):
        model = Model(place / "net")
        learned, references = parts(options.folder, model.cfg.size)
        levels_ = by_level(model, references)
        rows[place.name] = {
            "steps": model.cfg.steps,
            "trained": json.loads((place / "seconds.json").read_text()),
            "learned_from": len(learned),
            "references": len(references),
            "levels": levels_,
            "rank": {name: rank(levels_, name) for name in ("pixels", "features", "diversity")},
            "holes": holes(model, references),
            "relabelled": relabelled(model, references),
        }
        print(place.name, rows[place.name], flush=True)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            sheet(model, references).save(options.sheets / f"{options.folder.name} {place.name}.png")
        if options.picture and place.name == "all 0":
            sheet(model, references[8:], 5, 1).save(options.picture, quality=80, optimize=True)
    record.setdefault("sets", {})[options.folder.name] = {"variants": rows}
    if options.speed:
        record["step"] = {name: step_seconds(pyramid.PRESETS[name]) for name in ("study", "small")}
        record["guided"] = {"rows": guided()}
    record |= provenance()
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "measure"))
    parser.add_argument("folder", type=Path, help="the set")
    parser.add_argument("--work", type=Path, required=True, help="folder for models, outside the repository")
    parser.add_argument("--variant", choices=VARIANTS, default="all")
    parser.add_argument("--preset", default="study")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", action="store_true", help="also time steps, and remix without a model")
    parser.add_argument("--picture", type=Path, help="also write the sheet of docs/models.md")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/pyramid.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(options) if options.what == "train" else measure(options)


if __name__ == "__main__":
    main()
