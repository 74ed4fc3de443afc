"""Identity From Here, Pose From There on drawn figures: retrieval, transfer, pixel verification, and noise.

Models of the preset ``study`` (32 pixels) learn from the clips of the same identities: ``full``; ``without_own``, the
disentanglement loss switched off; ``without_trace``, pixel verification switched off; ``corrupted_0`` to
``corrupted_50``, trained for fewer steps, with that share of the found neighbours replaced by random frames;
``oracle``, neighbours of exactly the same pose, or the nearest one, by labels. See ``reposing.py`` for what is measured
on. Transfer: the squared error of 1000 held-out identities in the poses of other ones, against the true pictures.
Purity: the mean distance of the poses of a frame and its neighbours, relative to random frames; the distance of two
poses is that of the mean positions of five parts of the body. Pixel verification: for positions on the figure, whether
the position of the identity's picture with the greatest weight shows the same part, for drawn and for true pictures;
positions whose part cannot be seen there are left out.

    calotype data avatars -o avatars --count 16000
    python benchmarks/idpose.py train avatars --work work --variant full --seed 0
    python benchmarks/idpose.py train avatars --work work --variant corrupted_30 --seed 0 --steps 300
    python benchmarks/idpose.py measure avatars --work work --seeds 0 --out benchmarks/results/idpose.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import saving
from calotype.catalog import load
from calotype.data.clips import ClipPairs, Frames
from calotype.data.retrieval import KINDS, Neighbours, neighbours_of
from calotype.data.sets.avatars import PARTS
from calotype.data.stream import Stream
from calotype.models import idpose
from machine import provenance
from reposing import (
    FIRST,
    HELD_OUT,
    Truth,
    identity_of_sex,
    leaks,
    learned_frames,
    pose_numbers,
    sheet_of,
    transfer_errors,
    triplets,
    truth,
    write_picture,
    write_sheet,
)
from spade import seconds_of, timed

STEPS = 8000
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "without_own": {"own_weight": 0.0},
    "without_trace": {"trace_weight": 0.0},
    "corrupted_0": {},
    "corrupted_10": {},
    "corrupted_30": {},
    "corrupted_50": {},
    "oracle": {},
}
_ON_FIGURE = 0.5  # share of a position's pixels that its part has to cover


def config(variant: str, preset: str, steps: int) -> idpose.Config:
    """The settings of a model."""
    return replace(idpose.PRESETS[preset], steps=steps, **VARIANTS[variant])


def neighbours(frames: Frames, cfg: idpose.Config, variant: str) -> Neighbours:
    """The neighbours that a model learns from."""
    found = neighbours_of(
        frames.rows,
        frames.clips,
        kind=cfg.retrieval,
        count=cfg.neighbours,
        rejected=cfg.rejected,
        most=cfg.most_alike,
        expanded=cfg.expanded,
    )
    if variant == "oracle":
        return replace(found, numbers=by_labels(frames, truth(32), cfg.neighbours))
    if variant.startswith("corrupted"):
        chance = np.random.default_rng(0)
        wrong = chance.random(found.numbers.shape) < int(variant.rpartition("_")[2]) / 100
        return replace(found, numbers=np.where(wrong, chance.integers(len(frames), size=wrong.shape), found.numbers))
    return found


def by_labels(frames: Frames, known: Truth, count: int) -> np.ndarray[Any, Any]:
    """The frames of other clips whose pose is nearest to that of each frame, by its parts' positions."""
    poses = known.joints[pose_numbers(frames, known)]
    distance = torch.cdist(poses, poses)
    clips = torch.from_numpy(frames.clips)
    distance.masked_fill_(clips[:, None] == clips[None], float("inf"))
    return distance.topk(count, dim=1, largest=False).indices.numpy()


def train(folder: Path, work: Path, variant: str, preset: str, seed: int, steps: int) -> float:
    """Train a model, or go on; its processor seconds."""
    cfg, place = config(variant, preset, steps), work / f"{preset} {variant} {seed}"
    frames = learned_frames(folder, cfg.resolution)
    stream = Stream(ClipPairs.of(frames, neighbours(frames, cfg, variant)), cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: idpose.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "idpose", cfg, net, "", (cfg.resolution, cfg.resolution))
    return seconds


class Model:
    """A trained model.

    Args:
        folder: of the model.
    """

    def __init__(self, folder: Path) -> None:
        loaded = load(folder)
        self.cfg, self.net = loaded.config, loaded.net

    def draw(self, identities: Tensor, poses: Tensor) -> Tensor:
        made: Tensor = self.net.drawn(self.net.pose_codes(poses), self.net.identity_codes(identities))  # type: ignore
        return made.clamp(-1, 1)

    def codes(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.pose_codes(pictures), self.net.identity_codes(pictures)  # type: ignore[operator]


def purity(folder: Path, known: Truth) -> dict[str, Any]:
    """How near the poses of neighbours are, for each kind of features, at 64 pixels, among 240 identities."""
    every = learned_frames(folder, 64)
    kept = every.clips < FIRST
    labels = tuple(label for label, own in zip(every.labels, kept) if own)
    frames = replace(every, rows=every.rows[kept], clips=every.clips[kept], labels=labels)
    number = pose_numbers(frames, known)
    random = number[torch.randperm(len(number), generator=torch.Generator().manual_seed(0))]
    scale = float(known.distance(number, random).mean())
    rows = {}
    for kind in KINDS:
        began = time.process_time()
        found = neighbours_of(frames.rows, frames.clips, kind=kind)
        seconds = time.process_time() - began
        used = torch.from_numpy(found.similarity >= found.least)
        by_rank = [float(known.distance(number[used], number[found.numbers[used, k]]).mean()) for k in range(5)]
        rows[kind] = {
            "nearest": by_rank[0] / scale,
            "five": sum(by_rank) / 5 / scale,
            "seconds": round(seconds, 1),
            "frames": len(frames),
        }
    exact = torch.from_numpy(by_labels(frames, known, 5))
    best = [float(known.distance(number, number[exact[:, k]]).mean()) / scale for k in range(5)]
    return {"rows": rows, "by_labels": sum(best) / 5, "random_pixels_of_64": scale}


def learned_purity(folder: Path, cfg: idpose.Config, known: Truth) -> dict[str, Any]:
    """How near the poses of the neighbours that models learn from are, by rank."""
    frames = learned_frames(folder, cfg.resolution)
    number, found = pose_numbers(frames, known), neighbours(frames, cfg, "full")
    random = number[torch.randperm(len(number), generator=torch.Generator().manual_seed(0))]
    scale = float(known.distance(number, random).mean())
    ranks = torch.from_numpy(found.numbers).T
    by_rank = [float(known.distance(number, number[row]).mean()) / scale for row in ranks]
    return {"frames": len(frames), "neighbours": len(by_rank), "mean": sum(by_rank) / len(by_rank), "by_rank": by_rank}


@torch.no_grad()
def traces(known: Truth, model: Model) -> dict[str, Any]:
    """Whether positions are traced to the same part, for drawn and for true pictures."""
    who, own, other, wanted = triplets(known, seed=1)
    hits = {"drawn": [0, 0], "true": [0, 0]}
    chances, seen = [], []
    for rows in torch.arange(len(who)).split(100):
        identity, pose = known.of(who[rows], own[rows]), known.of(other[rows], wanted[rows])
        true = known.of(who[rows], wanted[rows])
        mine = _parts(known.parts[who[rows], wanted[rows]], model.cfg.trace_side)
        theirs = _parts(known.parts[who[rows], own[rows]], model.cfg.trace_side)
        there = (mine[:, :, None] == theirs[:, None]) & (mine[:, :, None] > 0)
        counted = there.any(2)
        for name, pictures in {"drawn": model.draw(identity, pose), "true": true}.items():
            trace = model.net.trace(pictures, identity)  # type: ignore[operator]
            to = trace.weights[:, :, :-1].argmax(2)
            right = theirs.gather(1, to) == mine
            hits[name][0] += int((right & counted).sum())
            hits[name][1] += int(counted.sum())
            if name == "drawn":
                seen.append(float(trace.seen.flatten(1)[counted].mean()))
        chances.append(
            float((there.float().sum(2) / (theirs > 0).float().sum(1, keepdim=True).clamp(min=1))[counted].mean())
        )
    result = {f"same_part_{name}": right / count for name, (right, count) in hits.items()}
    return {**result, "chance_on_the_figure": sum(chances) / len(chances), "traced_share": sum(seen) / len(seen)}


def _parts(maps: Tensor, side: int) -> Tensor:
    """The part that covers most of each position, [B, n]; 0 for the ground and where none covers half."""
    shares = torch.stack(
        [F.adaptive_avg_pool2d((maps == k).float()[:, None], side)[:, 0] for k in range(len(PARTS))], 1
    )
    most, part = shares.flatten(2).max(1)
    return torch.where(most >= _ON_FIGURE, part, 0)


@torch.no_grad()
def palette_share(known: Truth, draw: Any) -> float:
    """The share of the pixels of figures whose colour is within 10 of 255 of one of the identity's pictures."""
    who, own, other, wanted = triplets(known, seed=2)
    found = []
    for n in range(100):
        identity, pose = known.of(who[n : n + 1], own[n : n + 1]), known.of(other[n : n + 1], wanted[n : n + 1])
        made = draw(identity, pose)[0].flatten(1).T
        palette = identity[0].flatten(1).T
        on_figure = known.parts[who[n], wanted[n]].flatten() > 0
        nearest = torch.cdist(made[on_figure], palette, p=float("inf")).amin(1)
        found.append(float((nearest * 127.5 <= 10).float().mean()))
    return sum(found) / len(found)


def measured(place: Path, known: Truth, *, whole: bool) -> dict[str, Any]:
    """Everything about a model, or its transfer errors alone."""
    model = Model(place / "net")
    found = {
        "seconds": round(seconds_of(place)),
        "steps": model.cfg.steps,
        "transfer": transfer_errors(known, model.draw),
    }
    if not whole:
        return found
    return {
        **found,
        "leaks": leaks(known, model.codes, fresh=False),
        "palette_share": palette_share(known, model.draw),
        "trace": traces(known, model),
    }


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """The result for all models that are there."""
    side = idpose.PRESETS[asked.preset].resolution
    known = truth(side)
    rows: dict[str, Any] = json.loads(asked.keep.read_text())["rows"] if asked.keep else {}
    for variant in asked.variants:
        for seed in asked.seeds:
            place = asked.work / f"{asked.preset} {variant} {seed}"
            if (place / "net").exists() and f"{variant} {seed}" not in rows:
                rows[f"{variant} {seed}"] = measured(place, known, whole=not variant.startswith("corrupted"))
                print(variant, seed, json.dumps(rows[f"{variant} {seed}"]), flush=True)
                if asked.picture and len(rows) == 1:
                    write_picture(asked.picture, known, Model(place / "net").draw)
                if asked.sheets:
                    sheet = sheet_of(known, Model(place / "net").draw)
                    write_sheet(asked.sheets / f"idpose {asked.preset} {variant} {seed}.png", sheet, 128 / side)
    floor = {
        "palette_share_of_true_pictures": palette_share(known, _truth_drawer(known)),
        "identity_of_sex": identity_of_sex(known),
    }
    result = {
        **provenance(),
        "preset": asked.preset,
        "side": side,
        "identities": HELD_OUT,
        "floor": floor,
        "rows": rows,
        "learned_purity": learned_purity(asked.folder, config("full", asked.preset, 1), known),
    }
    if asked.keep:
        return {**result, "purity": json.loads(asked.keep.read_text())["purity"]}
    return {**result, "purity": purity(asked.folder, known)} if asked.purity else result


def _truth_drawer(known: Truth) -> Any:
    """A model that gives the true pictures of ``palette_share``, in its order."""
    who, _, _, wanted = triplets(known, seed=2)
    numbers = iter(range(len(who)))

    def draw(identities: Tensor, poses: Tensor) -> Tensor:
        n = next(numbers)
        return known.of(who[n : n + 1], wanted[n : n + 1])

    return draw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("folder", type=Path)
    one.add_argument("--work", type=Path, default=Path("idpose-work"))
    one.add_argument("--variant", choices=VARIANTS, default="full")
    one.add_argument("--preset", default="study")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--steps", type=int, default=STEPS)
    two = commands.add_parser("measure")
    two.add_argument("folder", type=Path)
    two.add_argument("--work", type=Path, default=Path("idpose-work"))
    two.add_argument("--seeds", type=int, nargs="+", default=[0])
    two.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    two.add_argument("--preset", default="study")
    two.add_argument("--no-purity", dest="purity", action="store_false")
    two.add_argument("--keep", type=Path, help="a result whose rows are kept, for models that are measured already")
    two.add_argument("--sheets", type=Path)
    two.add_argument("--picture", type=Path, help="a JPEG for the README, of the first model")
    two.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "train":
        seconds = train(asked.folder, asked.work, asked.variant, asked.preset, asked.seed, asked.steps)
        print(f"{asked.variant} {asked.seed}: {seconds:.0f} processor seconds")
        return
    result = measure(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
