"""Lifelong GAN on four tasks, one after the other: what is kept, what is forgotten, and what it costs.

The tasks are pairs of 32 x 32 pixels: edges of digits and digits in warm colours; maps of faces and faces; silhouettes
and striped animals; lines of faces and faces. Of 2400 pairs of each task 2000 are learned from. All trainings have the
preset ``study`` of ``lifelong``, each task the same number of steps. Ways of learning:

- ``single``: each task by a model of its own; ``joint``: all tasks at once, with as many steps as all of them together;
  ``judged``: so, too, with discriminators that see the condition;
- ``fine``: one task after the other, with beta = 0; ``lifelong``: with distillation on conditions like those of the
  earlier tasks; ``light``: so, too, with beta = 4; ``plain``: on montages as published; ``recoloured``: on montages,
  half of which have other colours; ``raw``, ``noise``, ``crop``: on the new task's pictures, on noise, on enlarged
  parts; ``locked``: with filters of its own for each task.

The weight of the divergence of codes was chosen on seed 0 with the first two tasks. Beta is that of earlier figures of
seed 1, and was tried on seed 0 as well. The other settings of all ways are equal. Models of all ways draw the codes of
a task from the normal distribution with the mean and covariance of the codes of its pictures (``code_prior="fitted"``);
the accuracies with codes from the standard normal distribution are measured beside it.

Accuracy: a classifier that was trained on real pictures of all tasks has to find task and content in the picture of a
held-out condition, drawn with a code of a seed; one more class, learned from conditions, is none of them. The content
of a digit or animal is its kind (10 each), that of a face whether it wears glasses; both are equally frequent in the
faces that are measured. Also measured are, at the end:
the diversity (mean absolute difference of two codes), the drift of pictures of the first task, the reverse accuracy
(a classifier trained on generated digits, tested on real ones), whether a locked model finds the task of a condition,
and the hashes of old pictures.

    for set in digit_colours face_masks animal_stripes face_edges; do
        calotype data $set -o sets/$set -n 2400 --size 32; done
    python benchmarks/lifelong.py train sets --work work --way single --seed 0        # and so on
    python benchmarks/lifelong.py measure sets --work work --seeds 0 --out benchmarks/results/lifelong.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import ConcatDataset

from calotype import saving
from calotype.catalog import load
from calotype.data.samples import Samples
from calotype.data.stream import Stream
from calotype.models import lifelong
from calotype.models.lifelong import Config
from calotype.models.lifelong.distillation import Distillation
from calotype.models.lifelong.network import records, task_net
from calotype.models.lifelong.teaching import extended
from calotype.models.lifelong.training import adapted
from calotype.translation.record import likeliest
from calotype.translation.trainer import Trainer
from lifelong_aims import aims, means
from machine import provenance
from spade import Part, seconds_of, timed

TASKS = ("digit_colours", "face_masks", "animal_stripes", "face_edges")
DOMAINS = (0, 1, 2, 1)  # both tasks of faces have the same pictures
FIRST_CLASS = (0, 10, 12)  # of each domain; digits and animals have ten contents, faces two
CLASSES = 23  # the last one: what is no picture of a task, learned from conditions
SIDE, HELD_OUT, MEASURED = 32, 400, 160
STEPS = 1000
LIGHT = 4.0  # beta of ``light``
OTHERS = ("plain", "recoloured", "raw", "noise", "crop")
WAYS = ("single", "joint", "judged", "fine", "lifelong", "light", *OTHERS, "locked")
BETA = lifelong.PRESETS["study"].distillation


def part(sets: Path, task: int, *, held_out: bool = False) -> Part:
    samples = Samples(sets / TASKS[task], (SIDE, SIDE), keys=["other", "label"])
    count = len(samples)
    return Part(samples, range(count - HELD_OUT, count) if held_out else range(count - HELD_OUT))


def content(task: int, label: Tensor) -> Tensor:
    """The class of a sample among those of the classifier."""
    domain = DOMAINS[task]
    return FIRST_CLASS[domain] + (label & 1 if domain == 1 else label)


def first_config(task: int, steps: int) -> Config:
    cfg = replace(lifelong.PRESETS["study"], steps=steps)
    return adapted(cfg, {"name": TASKS[task]})


def settings_of(way: str, beta: float, steps: int) -> dict[str, Any]:
    """The settings of a further task."""
    if way == "fine":
        return {"distillation": 0.0, "steps": steps}
    if way in ("lifelong", "light", "locked"):
        weight = LIGHT if way == "light" else beta
        return {"distillation": weight, "auxiliary": "typical", "steps": steps}
    if way in ("plain", "recoloured"):
        recolour = 0.5 if way == "recoloured" else 0.0
        return {"distillation": beta, "auxiliary": "montage", "recolour": recolour, "steps": steps}
    return {"distillation": beta, "auxiliary": way, "steps": steps}


def kept(folder: Path, cfg: Config, net: nn.Module, about: Mapping[str, Any] | None = None) -> None:
    if not (folder / "net").exists():
        saving.write(folder / "net", "lifelong", cfg, net, "", cfg.size, about=about)


def train_first(sets: Path, work: Path, task: int, seed: int, steps: int) -> Path:
    """A model of one task."""
    folder, cfg = work / f"single {task} {seed}", first_config(task, steps)
    if not (folder / "net").exists():
        stream = Stream(part(sets, task), cfg.batch, seed=seed)
        net, _ = timed(folder, seed, lambda run: lifelong.train(stream, cfg, run))
        kept(folder, cfg, net)
    return folder


def train_joint(sets: Path, work: Path, seed: int, steps: int, way: str) -> None:
    """One model of all tasks, which then gets a record of each of them, as models have that learned one by one."""
    folder, cfg = work / f"{way} {seed}", first_config(0, steps * len(TASKS))
    if (folder / "net").exists():
        return
    if way == "judged":
        cfg = replace(cfg, discriminator_condition=True)
    parts = [part(sets, task) for task in range(len(TASKS))]
    data: Any = ConcatDataset(parts)  # type: ignore[arg-type]
    stream = Stream(data, cfg.batch, seed=seed)
    net, _ = timed(folder, seed, lambda run: lifelong.train(stream, cfg, run))
    cfg = replace(cfg, tasks=TASKS, locked=(False,) * len(TASKS))
    whole = extended(net, cfg).requires_grad_(False).eval()
    for record, of in zip(records(whole), parts):
        record.fill(whole, Stream(of, cfg.batch, seed=seed), torch.device("cpu"))
    kept(folder, cfg, whole)


def train_chain(sets: Path, work: Path, way: str, seed: int, beta: float, steps: int, last: int) -> None:
    """All tasks after the first one; what is there is not trained again."""
    before = train_first(sets, work, 0, seed, steps)
    for task in range(1, last):
        folder = work / f"{way} {task} {seed}"
        if not (folder / "net").exists():
            loaded = load(before / "net")
            old = lifelong.adopted(loaded.config, TASKS[0])
            cfg = lifelong.taught(old, TASKS[task], locked=way == "locked", changes=settings_of(way, beta, steps))
            stream = Stream(part(sets, task), cfg.batch, seed=seed)
            net, _ = timed(folder, seed, lambda run: lifelong.teach(stream, cfg, run, base=loaded.net))  # noqa: B023
            told = lifelong.certificate(
                loaded.net, net, old, cfg, torch.device("cpu"), loaded.about.get("certificate", {}).get("accuracy")
            )
            kept(folder, cfg, net, {"certificate": told})
        before = folder


# ------------------------------------------------------------------------------------------------------------------
# Measuring


class Classifier(nn.Module):
    """Task and content of a picture [B, 3, 32, 32]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 24), (24, 48), (48, 96)):
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 16, CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)
        return found


def learned(pictures: Tensor, classes: Tensor, steps: int, seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    net = Classifier()
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for i in range(steps):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - i / steps)
        chosen = torch.randint(len(pictures), (64,))
        optimizer.zero_grad()
        F.cross_entropy(net(pictures[chosen]), classes[chosen]).backward()
        optimizer.step()
    return net.eval()


def stacked(samples: Part, task: int, *, balanced: bool = False) -> dict[str, Tensor]:
    given = [samples[i] for i in range(len(samples))]
    found = {name: torch.stack([one[name] for one in given]) for name in ("image", "other", "label")}
    found["class"] = content(task, found["label"])
    if balanced:
        kinds = [torch.nonzero(found["class"] == kind).flatten() for kind in torch.unique(found["class"])]
        count = min(MEASURED // len(kinds), *(len(kind) for kind in kinds))
        numbers = torch.cat([kind[:count] for kind in kinds])
        found = {name: value[numbers] for name, value in found.items()}
    return found


def judge(sets: Path, work: Path) -> Classifier:
    """The classifier, trained on real pictures once."""
    path, net = work / "judge.pt", Classifier()
    if path.exists():
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    given = [stacked(part(sets, task), task) for task in range(len(TASKS))]
    pictures = torch.cat([one["image"] for one in given[:3]] + [one["other"] for one in given])
    none = [torch.full_like(one["class"], CLASSES - 1) for one in given]
    net = learned(pictures, torch.cat([one["class"] for one in given[:3]] + none), 1500)
    torch.save(net.state_dict(), path)
    return net


def standard(count: int, cfg: Config, seed: int = 0) -> Tensor:
    """Codes from the standard normal distribution."""
    return torch.randn(count, cfg.code, generator=torch.Generator().manual_seed(seed))


def codes(model: Any, cfg: Config, task: int, count: int, seed: int = 0) -> Tensor:
    """Codes that are drawn as the model draws those of a task."""
    return records(model)[task].codes(standard(count, cfg, seed))


@torch.no_grad()
def hit(net: Classifier, pictures: Tensor, classes: Tensor) -> float:
    return round(float((net(pictures).argmax(1) == classes).float().mean()), 4)


@torch.no_grad()
def tested(model: Any, cfg: Config, number: int, held: dict[str, Tensor], net: Classifier) -> dict[str, float]:
    """Accuracy and diversity of one task of a model."""
    own, count = task_net(model, cfg, number), len(held["other"])
    made = [own.draw(held["other"], codes(model, cfg, number, count, seed)) for seed in (0, 1)]
    plain = own.draw(held["other"], standard(count, cfg))
    encoded = own.draw(held["other"], own.encode(held["image"])[0])
    return {
        "accuracy": hit(net, made[0], held["class"]),
        "with standard codes": hit(net, plain, held["class"]),
        "with real codes": hit(net, encoded, held["class"]),
        "diversity": round(float((made[0] - made[1]).abs().mean()), 4),
        "reconstruction": round(float((encoded - held["image"]).abs().mean()), 4),
    }


@torch.no_grad()
def generated(model: Any, cfg: Config, train: dict[str, Tensor]) -> Tensor:
    own = task_net(model, cfg, 0)
    parts = zip(train["other"].split(100), codes(model, cfg, 0, len(train["other"]), 5).split(100))
    return torch.cat([own.draw(condition, code) for condition, code in parts])


def loaded_net(work: Path, name: str) -> tuple[Any, Config]:
    found = load(work / name / "net")
    return found.net, found.config


def measure(sets: Path, work: Path, seeds: list[int], ways: list[str]) -> dict[str, Any]:
    net = judge(sets, work)
    held = [stacked(part(sets, task, held_out=True), task, balanced=True) for task in range(len(TASKS))]
    train = stacked(part(sets, 0), 0)
    result: dict[str, Any] = {
        "classifier": [hit(net, one["image"], one["class"]) for one in held],
        "copy": [hit(net, one["other"], one["class"]) for one in held],
        "measured": [len(one["class"]) for one in held],
        "seeds": {},
    }
    for seed in seeds:
        of = {"single": "single 0", "joint": "joint", "judged": "judged"}
        there = [way for way in ways if (work / f"{of.get(way, way + ' 1')} {seed}" / "net").exists()]
        result["seeds"][str(seed)] = {way: measured(work, way, seed, held, train, net) for way in there}
    costs = [step_cost(sets, work, seed) for seed in seeds]
    return {**result, "means": means(result["seeds"]), "aims": aims(result["seeds"], costs)}


def measured(
    work: Path, way: str, seed: int, held: list[dict[str, Tensor]], train: dict[str, Tensor], net: Classifier
) -> dict[str, Any]:
    """The figures of one way of learning, of the trainings that are there."""
    if way == "single":
        tasks = [task for task in range(len(TASKS)) if (work / f"single {task} {seed}" / "net").exists()]
        found = {task: tested(*loaded_net(work, f"single {task} {seed}"), 0, held[task], net) for task in tasks}
        seconds = [round(seconds_of(work / f"single {task} {seed}"), 1) for task in tasks]
        return {"by_task": found, "seconds": seconds, "reverse": reverse(work, f"single 0 {seed}", train, held[0])}
    if way in ("joint", "judged"):
        model, cfg = loaded_net(work, f"{way} {seed}")
        found = {task: tested(model, cfg, task, held[task], net) for task in range(len(TASKS))}
        seconds = [round(seconds_of(work / f"{way} {seed}"), 1)]
        told = {"task_found": [task_found(model, held[task], task) for task in range(len(TASKS))]}
        return {"by_task": found, "seconds": seconds, **told, "reverse": reverse(work, f"{way} {seed}", train, held[0])}
    names = [f"single 0 {seed}", *(f"{way} {task} {seed}" for task in range(1, len(TASKS)))]
    return chain(work, [name for name in names if (work / name / "net").exists()], held, train, net)


def chain(
    work: Path, names: list[str], held: list[dict[str, Tensor]], train: dict[str, Tensor], net: Classifier
) -> dict[str, Any]:
    """The figures of models of one task, two tasks and so on."""
    matrix: list[list[float]] = []
    for number, name in enumerate(names):
        model, cfg = loaded_net(work, name)
        last = {task: tested(model, cfg, task, held[task], net) for task in range(number + 1)}
        matrix.append([one["accuracy"] for one in last.values()])
    told = load(work / names[-1] / "net").about["certificate"]
    first, first_cfg = loaded_net(work, names[0])
    with torch.no_grad():
        drawn = [
            task_net(one, own, 0).draw(held[0]["other"], codes(one, own, 0, len(held[0]["other"])))
            for one, own in ((first, first_cfg), (model, cfg))
        ]
    base = sum(p.numel() for part in (first.generator, first.encoder) for p in part.parameters())
    filters = [sum(p.numel() for p in one.parameters()) / base for one in model.filters]
    return {
        "by_task": last,
        "matrix": matrix,
        "forgetting": [round(max(row[j] for row in matrix[j:]) - matrix[-1][j], 4) for j in range(len(names) - 1)],
        "drift": round(float((drawn[0] - drawn[1]).abs().mean()), 4),
        "identical": [task["same"] for task in told["tasks"]],
        "kept_pairs": told["accuracy"],
        "task_found": [task_found(model, held[task], task) for task in range(len(names))],
        "filters": [round(share, 4) for share in filters],
        "seconds": [round(seconds_of(work / name), 1) for name in names[1:]],
        "reverse": reverse(work, names[-1], train, held[0]),
    }


def task_found(model: Any, held: dict[str, Tensor], task: int) -> float:
    """Share of conditions whose task is found by what they look like."""
    known = records(model)
    return round(statistics.mean(float(likeliest(known, x[None]) == task) for x in held["other"]), 4)


def reverse(work: Path, name: str, train: dict[str, Tensor], held: dict[str, Tensor]) -> float:
    """Accuracy on real digits of a classifier that was trained on generated ones."""
    model, cfg = loaded_net(work, name)
    return hit(learned(generated(model, cfg, train), train["class"], 150), held["image"], held["class"])


def step_cost(sets: Path, work: Path, seed: int, rounds: int = 40) -> float:
    """Processor seconds of a step of ``lifelong`` over those of ``fine``, by turns: the median."""
    before = load(work / f"single 0 {seed}" / "net")
    stream = Stream(part(sets, 1), before.config.batch, seed=seed)
    trainers = []
    for way in ("lifelong", "fine"):
        old = lifelong.adopted(before.config, TASKS[0])
        cfg = lifelong.taught(old, TASKS[1], locked=False, changes=settings_of(way, BETA, STEPS))
        net = extended(before.net, cfg).requires_grad_()
        further = Distillation(net, extended(before.net, cfg), cfg) if cfg.distillation else None
        trainers.append(Trainer(cfg, net, torch.device("cpu"), further))
    ratios = []
    for i in range(rounds):
        batch, spent = stream(i), []
        for trainer in trainers:
            began = time.process_time()
            trainer.step({}, batch, i)
            spent.append(time.process_time() - began)
        ratios.append(spent[0] / spent[1])
    return round(statistics.median(ratios), 3)


def sheet(sets: Path, work: Path, seed: int, ways: list[str], out: Path) -> None:
    """A few pictures of the first task and the others after all trainings, a row for each way."""
    from calotype.image.io import save_png, to_image

    held = [part(sets, task, held_out=True) for task in range(len(TASKS))]
    columns = [[held[task][i] for i in range(3)] for task in range(len(TASKS))]
    rows = [[one[name] for column in columns for one in column] for name in ("other", "image")]
    for way in ways:
        row: list[Tensor] = []
        for task, column in enumerate(columns):
            names = {"single": f"single {task} {seed}", "joint": f"joint {seed}", "judged": f"judged {seed}"}
            name = names.get(way, f"{way} {len(TASKS) - 1} {seed}")
            if not (work / name / "net").exists():
                row += [torch.ones(3, SIDE, SIDE)] * len(column)
                continue
            model, cfg = loaded_net(work, name)
            number = 0 if way == "single" else task
            own = task_net(model, cfg, number)
            with torch.no_grad():
                given = torch.stack([one["other"] for one in column])
                row += list(own.draw(given, codes(model, cfg, number, len(column), 3)).clamp(-1, 1))
        rows.append(row)
    whole = torch.cat([torch.cat(row, dim=2) for row in rows], dim=1)[None]
    save_png(to_image(F.interpolate(whole, scale_factor=2.0)), out, {})


def train(given: argparse.Namespace, way: str) -> None:
    sets, work, seed, steps = given.sets, given.work, given.seed, given.steps
    if way == "single":
        for task in range(len(TASKS)):
            train_first(sets, work, task, seed, steps)
    elif way in ("joint", "judged"):
        train_joint(sets, work, seed, steps, way)
    else:
        train_chain(sets, work, way, seed, given.beta, steps, given.last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "measure", "sheet"))
    parser.add_argument("sets", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--way", action="append", choices=WAYS, help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--beta", type=float, default=BETA)
    parser.add_argument("--last", type=int, default=len(TASKS), help="train this many tasks of a chain")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    ways = given.way or list(WAYS)
    if given.what == "train":
        for way in ways:
            train(given, way)
        return
    if given.what == "sheet":
        sheet(given.sets, given.work, given.seed, ways, given.out)
        return
    found = measure(given.sets, given.work, given.seeds, ways)
    told = {**provenance(), "steps": given.steps, "beta": given.beta, "tasks": list(TASKS), **found}
    text = json.dumps(told, indent=1) + "\n"
    if given.out:
        given.out.write_text(text, "utf-8")
    print(json.dumps([found["means"], found["aims"]], indent=1))


if __name__ == "__main__":
    main()
