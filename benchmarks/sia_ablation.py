"""What each loss of Semantic Image Analogy, and each choice of its fast preset, costs and gains.

    python benchmarks/sia_ablation.py --data DATA --weights WEIGHTS --out benchmarks/results/sia_ablation.json

One thing is changed at a time, on one case of ``tasks/analogy`` (see ``relayout.py``), small and short: it is the
comparison that counts, not the figures. Layouts are judged as there, by two segmenters and SIFID, once for what the net
alone makes, enlarged, and once for what the photo's patches make of that. Rows of the net that take no training: other
levels at which patches take over, and the mean colour of each class in the place of the net.

Beside that: the seconds of a step at some sizes, processor time on one thread, to which ``cost.py`` is fitted, with the
peak memory; and of patch coherence, as it is and as a loop over patches.
"""

from __future__ import annotations

import os

# Before torch is imported anywhere: more threads than cores make each other wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from calotype.engines import analogy
from calotype.engines.analogy.cost import training_cost
from calotype.engines.analogy.losses import patch_coherence
from calotype.engines.analogy.trainer import Trainer
from calotype.image.grid import contact_sheet
from calotype.image.io import to_image
from calotype.metrics.sifid import sifid
from calotype.nn.features import inception_stem
from calotype.nn.vgg import vgg16
from calotype.run import Run
from machine import provenance
from relayout import cases, found, numbers, segmenters_of

TRAINED: dict[str, dict[str, Any]] = {
    "fast": {},
    "no adversarial loss": {"adversarial": 0.0},
    "no feature matching": {"matching": 0.0},
    "no critic at all": {"adversarial": 0.0, "matching": 0.0},
    "no patch coherence": {"coherence": 0.0},
    "coherence blind to labels": {"semantic": 0.0},
    "no semantic alignment": {"alignment": 0.0},
    "alignment detached, as released": {"detached": True},
    "no reconstruction": {"reconstruction": 0.0},
    "no paired loss, as published": {"paired": 0.0},
    "fixed point by its loss": {"anchored": False, "fixed_point": 1.0},
    "no fixed point": {"anchored": False, "fixed_point": 0.0},
    "critic blind to labels": {"conditional": False},
    "augmentation as published": {"warp": 0.02, "zoom": 0.2, "shift": 0.0, "growth": 0.4},
    "batch norm": {"norm": "batch", "average": 0.0},
    "spectral norm in the generator": {"spectral": True},
    "last weights, no running mean": {"average": 0.0},
    "rates as published": {"rate": 0.005, "critic_rate": 0.02},
}
SAMPLED: dict[str, dict[str, Any]] = {
    "patches from 24 px": {"handed": 24},
    "patches from 48 px": {"handed": 48},
    "patches from the net's size": {"handed": 0},
    "labels count 1": {"label_weight": 1.0},
    "labels count 6": {"label_weight": 6.0},
    "alpha 0.1": {"alpha": 0.1},
    "patches of 7": {"patch": 7},
}
MEANS = "mean colours instead of the net"
# Longer sides that a step is timed at, and the presets.
TIMED = (("fast", 48), ("fast", 64), ("fast", 96), ("paper", 64))


def main() -> None:
    options = arguments()
    started = time.process_time()
    # Memory first: the peak of a process never falls.
    record: dict[str, Any] = {**provenance(), "timings": [timed(*each) for each in TIMED], "coherence": loop_or_not()}
    layouts = [case for case in cases(options) if case.name == options.case][: options.layouts]
    setting = replace(analogy.PRESETS["fast"], side=options.learned, steps=options.steps)
    rows = [row for seed in range(options.seeds) for row in one_seed(layouts, setting, seed, options)]
    record |= {
        "case": options.case,
        "layouts": [case.layout for case in layouts],
        "side": options.side,
        "learned": options.learned,
        "steps": options.steps,
        "seeds": options.seeds,
        "seconds": round(time.process_time() - started, 1),
        "summary": [averaged(name, rows) for name in dict.fromkeys(row["variant"] for row in rows)],
        "rows": rows,
    }
    for line in record["summary"]:
        print(line)
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("CALOTYPE_DATA"), help="default: CALOTYPE_DATA")
    parser.add_argument("--weights", default=os.environ.get("CALOTYPE_WEIGHTS"), help="default: CALOTYPE_WEIGHTS")
    parser.add_argument("--case", default="tree")
    parser.add_argument("--side", type=int, default=128, help="the longer side of the photo, pixels")
    parser.add_argument("--learned", type=int, default=48, help="the longer side of what the net learns, pixels")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--layouts", type=int, default=2, help="only the first so many")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--variants", help="only these, with semicolons between")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, outside the repository")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def one_seed(
    layouts: list[Any], setting: analogy.Config, seed: int, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """All variants, trained with one seed."""
    first = layouts[0]
    photo, labels = first.photo, numbers(first.own)[None]
    judges, features = segmenters_of(first, vgg16(options.weights)), inception_stem(options.weights)
    rows, pictures, captions = [], [], []

    def judged(variant: str, cfg: analogy.Config, net: nn.Module, trained: float) -> None:
        for refined in (False, True):
            values = []
            for case in layouts:
                how = {"before": labels, "target": numbers(case.target)[None], "seed": seed, "net": net}
                made = analogy.relayout([photo], replace(cfg, refined=refined), Run(), **how)
                values.append(found(case.target, made, judges) | {"sifid": sifid(photo, made, features)})
                pictures.append(to_image(made))
                captions.append(variant if refined else f"{variant}, net")
            mean = {name: round(statistics.fmean(row[name] for row in values), 4) for name in values[0]}
            rows.append({"variant": variant, "seed": seed, "patches": refined, "training": round(trained, 1), **mean})
            print(rows[-1], flush=True)

    wanted = options.variants.split(";") if options.variants else [*TRAINED, *SAMPLED, MEANS]
    net: nn.Module | None = None
    for variant, changes in TRAINED.items():
        if variant != "fast" and variant not in wanted:
            continue
        cfg = analogy.adapted(replace(setting, **changes), "relayout", classes=first.own.classes)
        began = time.process_time()
        learned = analogy.train(photo, cfg, Run(seed=seed), labels=labels)
        judged(variant, cfg, learned, time.process_time() - began)
        net = net or learned
    assert net is not None
    cfg = analogy.adapted(setting, "relayout", classes=first.own.classes)
    for variant, changes in SAMPLED.items():
        if variant in wanted:
            judged(variant, replace(cfg, **changes), net, 0.0)
    if MEANS in wanted:
        judged(MEANS, cfg, MeanColours(), 0.0)
    if options.sheets:
        options.sheets.mkdir(parents=True, exist_ok=True)
        contact_sheet(pictures, captions, columns=2 * len(layouts), cell=160).save(options.sheets / f"sia_{seed}.png")
    return rows


class MeanColours(nn.Module):
    """In the place of the net: every pixel has the mean colour of its class."""

    def forward(self, photo: Tensor, before: Tensor, target: Tensor) -> Tensor:
        """[1, 3, h, w], of the size of ``target``."""
        made = photo.new_zeros(1, *target.shape[1:], 3)
        for label in target.unique():
            made[target == label] = photo.permute(0, 2, 3, 1)[before == label].mean(0)
        return made.permute(0, 3, 1, 2)


def averaged(variant: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The means of a variant over the seeds, those of the net alone and those of the finished pictures.

    Beside each, from two seeds on, half the distance of the highest from the lowest: what chance does.
    """
    line: dict[str, Any] = {"variant": variant}
    for refined, end in ((False, "_net"), (True, "")):
        chosen = [row for row in rows if row["variant"] == variant and row["patches"] == refined]
        names = [name for name in chosen[0] if name not in ("variant", "seed", "patches", "training")]
        for name in names:
            values = [row[name] for row in chosen]
            line[f"{name}{end}"] = round(statistics.fmean(values), 4)
            if len(values) > 1:
                line[f"{name}{end}_chance"] = round((max(values) - min(values)) / 2, 4)
        line["training"] = round(statistics.fmean(row["training"] for row in chosen), 1)
    return line


def timed(preset: str, side: int) -> dict[str, Any]:
    """Seconds of a step on a square photo of noise, on one thread, and what is expected of all cores."""
    cfg = replace(analogy.PRESETS[preset], side=0, classes=4, features="pixels")
    photo = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    labels = (torch.arange(side) * 4 // side).expand(1, side, side).contiguous()
    trainer = Trainer(analogy.build(cfg, (side, side)), photo, labels, cfg, Run())
    seconds = per_call(lambda: trainer.step(trainer.inputs(1), 1), 3)
    # Every so many steps the source is its own target: a little more, or a little less.
    return {
        "preset": preset,
        "side": side,
        "seconds": round(seconds, 4),
        "expected": round(training_cost((side, side), cfg).seconds / cfg.steps, 4),
        "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "expected_megabytes": round(training_cost((side, side), cfg).bytes / 1e6),
    }


def loop_or_not() -> dict[str, float]:
    """Seconds of patch coherence of 15 patches at 64 x 64, all at once and as the released code has it."""
    rng = torch.Generator().manual_seed(0)
    made, source = (torch.rand(1, 64, 64, 64, generator=rng) for _ in range(2))
    at = torch.randint(62 * 62, (15,), generator=rng)
    whole = per_call(lambda: patch_coherence(made, source, at, patch=3, nearest=5), 3)
    loop = per_call(lambda: coherence_in_a_loop(made, source, at, 3, 5), 1)
    same = float(patch_coherence(made, source, at, patch=3, nearest=5) - coherence_in_a_loop(made, source, at, 3, 5))
    return {"vectorised": round(whole, 4), "loop": round(loop, 4), "difference": round(abs(same), 9)}


def coherence_in_a_loop(made: Tensor, source: Tensor, at: Tensor, patch: int, nearest: int) -> Tensor:
    """The same number, one pair of patches after the other."""
    columns, total = made.shape[3] - patch + 1, made.new_zeros(())
    for number in at.tolist():
        y, x = divmod(number, columns)
        asked = made[:, :, y : y + patch, x : x + patch]
        distances = [
            (asked - source[:, :, v : v + patch, u : u + patch]).abs().mean()
            for v in range(source.shape[2] - patch + 1)
            for u in range(source.shape[3] - patch + 1)
        ]
        total = total + torch.stack(distances).topk(nearest, largest=False).values.mean()
    return total / len(at)


def per_call(work: Callable[[], Any], count: int) -> float:
    """Seconds of processor time that a call takes, after one that does not count."""
    work()
    began = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - began) / count


if __name__ == "__main__":
    main()
