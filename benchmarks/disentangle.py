"""Robust disentangling on drawn figures: transfer, leaks, both estimates, and the time of a training step.

Four models learn from the same pairs of pictures (preset ``study``, 32 pixels): ``plain``, without constraint and
almost without bottleneck; ``variational``, with a bottleneck of fixed weight; ``adversarial``, with the constraint and
almost without bottleneck; ``full``. ``full, of samples`` is ``full`` with estimates of samples of the pose code alone,
as published. See ``reposing.py`` for what is measured on. Transfer: the squared error of 1000 held-out identities in
the poses of other ones, against the true pictures. Leaks: probes of the codes (those that ``repose`` uses, means
without the directions that are mostly noise; samples; and for ``full`` all of the means), and the mutual information
that a critic finds that is trained anew, on held-out identities.

The time of a training step is compared with one that computes the same gradients player by player, each by one call of
``autograd.grad``, in the layout of memory and with the optimizer that torch uses by default; by turns, one thread.

    calotype data avatars -o avatars --count 16000
    python benchmarks/disentangle.py train avatars --work work --variant full --seed 0
    python benchmarks/disentangle.py measure --work work --seeds 0 1 --out benchmarks/results/disentangle.json
    python benchmarks/disentangle.py step --out benchmarks/results/disentangle_step.json
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import argparse
import json
import math
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from calotype import saving
from calotype.catalog import load
from calotype.data.clips import ClipPairs
from calotype.data.stream import Stream
from calotype.losses.density_ratio import density_ratio_loss
from calotype.metrics.information import mutual_information
from calotype.metrics.probes import logistic_probe, split
from calotype.models import disentangle
from calotype.models.disentangle.trainer import Trainer
from calotype.nn.critics import exchanged
from machine import provenance
from reposing import (
    Codes,
    Truth,
    encoded,
    fresh_critic,
    identity_of_sex,
    leaks,
    learned_frames,
    sheet_of,
    transfer_errors,
    truth,
    write_picture,
    write_sheet,
)
from spade import seconds_of, timed

STEPS = 6000
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"constraint": False, "bottleneck": "fixed", "gamma": 1e-4},
    "variational": {"constraint": False, "bottleneck": "fixed", "gamma": 3.0},
    "adversarial": {"constraint": True, "bottleneck": "fixed", "gamma": 1e-4},
    "full": {},
    "full, of samples": {"of_means": 0.0},
}
TRACED = ("information", "information, unopposed", "information, measured", "lambda", "gamma")


def config(variant: str, preset: str, steps: int) -> disentangle.Config:
    """The settings of a model."""
    return replace(disentangle.PRESETS[preset], steps=steps, **VARIANTS[variant])


def train(folder: Path, work: Path, variant: str, preset: str, seed: int, steps: int) -> float:
    """Train a model, or go on; its processor seconds."""
    cfg, place = config(variant, preset, steps), work / f"{preset} {variant} {seed}"
    stream = Stream(ClipPairs.of(learned_frames(folder, cfg.resolution)), cfg.batch, seed=seed)
    net, seconds = timed(place, seed, lambda run: disentangle.train(stream, cfg, run))
    if not (place / "net").exists():
        saving.write(place / "net", "disentangle", cfg, net, "", (cfg.resolution, cfg.resolution))
    return seconds


class Model:
    """A trained model.

    Args:
        folder: of the model.
    """

    def __init__(self, folder: Path) -> None:
        loaded = load(folder)
        self.cfg, self.net = loaded.config, loaded.net
        self.chance = torch.Generator().manual_seed(0)

    def draw(self, identities: Tensor, poses: Tensor) -> Tensor:
        found: Tensor = self.net.drawn(self.net.pose_codes(poses), self.net.identity_codes(identities))  # type: ignore[operator]
        return found.clamp(-1, 1)

    def codes(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.pose_codes(pictures), self.net.identity_codes(pictures)  # type: ignore[operator]

    def all_means(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.poses(pictures).mean, self.net.identity_codes(pictures)  # type: ignore[operator]

    def samples(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        found = self.net.poses(pictures)  # type: ignore[operator]
        noise = torch.randn(found.mean.shape, generator=self.chance)
        return found.sample(noise), self.net.identity_codes(pictures)  # type: ignore[operator]


def traces(place: Path) -> dict[str, Any]:
    """The estimates and controllers over the training, from its log."""
    lines = [json.loads(line) for line in (place / "log.jsonl").read_text().splitlines()]
    last = lines[-5:]
    ends = {name: round(statistics.mean(line[name] for line in last), 4) for name in TRACED}
    rows = [{"step": line["step"], **{name: line[name] for name in TRACED}} for line in lines[4::5]]
    return {"last_500_steps": ends, "every_500_steps": rows}


def measured(place: Path, known: Truth) -> dict[str, Any]:
    """Everything about a model."""
    model = Model(place / "net")
    found = {"all_means": _identity(known, model.all_means)} if place.name.split()[1] == "full" else {}
    return {
        "seconds": round(seconds_of(place)),
        "steps": model.cfg.steps,
        "transfer": transfer_errors(known, model.draw),
        "leaks": leaks(known, model.codes, fresh=False),
        **found,
        "leaks_of_samples": {
            "identity": _identity(known, model.samples),
            "fresh_critic": fresh_critic(known, model.samples),
        },
        "traces": traces(place),
    }


@torch.no_grad()
def _identity(known: Truth, codes: Codes) -> dict[str, Any]:
    """How well a probe tells the identity from pose codes."""
    who, poses, named = encoded(known, codes)
    return logistic_probe(named["pose"], who, split(len(who), groups=poses)).as_dict()


def gaussians() -> dict[str, Any]:
    """The estimate of mutual information for pairs of Gaussian numbers, and the true one."""
    rows = {}
    for correlation in (0.0, 0.8, 0.95):
        first, noise = (torch.randn(8000, 1, generator=torch.Generator().manual_seed(k)) for k in (0, 1))
        second = correlation * first + math.sqrt(1 - correlation**2) * noise
        rows[str(correlation)] = {
            "true": -0.5 * math.log(1 - correlation**2),
            **mutual_information(first, second).as_dict(),
        }
    return rows


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """The result for all models that are there."""
    side = disentangle.PRESETS[asked.preset].resolution
    known = truth(side)
    rows: dict[str, Any] = json.loads(asked.keep.read_text())["rows"] if asked.keep else {}
    for variant in asked.variants:
        for seed in asked.seeds:
            place = asked.work / f"{asked.preset} {variant} {seed}"
            if (place / "net").exists() and f"{variant} {seed}" not in rows:
                rows[f"{variant} {seed}"] = measured(place, known)
                print(variant, seed, json.dumps({k: v for k, v in rows[f"{variant} {seed}"].items() if k != "traces"}))
                if asked.picture and len(rows) == 1:
                    write_picture(asked.picture, known, Model(place / "net").draw)
                if asked.sheets:
                    sheet = sheet_of(known, Model(place / "net").draw)
                    write_sheet(asked.sheets / f"{asked.preset} {variant} {seed}.png", sheet, 128 / side)
    return {
        **provenance(),
        "preset": asked.preset,
        "side": side,
        "one_sex": True,
        "floor": {"identity_of_sex": identity_of_sex(known)},
        "gaussians": gaussians(),
        "rows": rows,
    }


# ---------------------------------------------------------------------------------------------------------------
# The training step


class PlayerByPlayer:
    """The same step, with one call of ``autograd.grad`` for each player.

    Args:
        cfg: the settings.
        apart: whether the encoders and the decoder are three players, each with a loss of its own, or one.
    """

    def __init__(self, cfg: disentangle.Config, apart: bool) -> None:
        torch.manual_seed(0)
        self.trainer = Trainer(cfg, torch.device("cpu"))
        self.net = self.trainer.net.to(memory_format=torch.contiguous_format)
        groups = [self.net.pose, self.net.identity, self.net.decoder]
        self.players = [list(each.parameters()) for each in groups]
        if not apart:
            self.players = [[parameter for player in self.players for parameter in player]]
        self.critics = list(self.trainer.critics.parameters())
        adam = {"lr": cfg.rate, "betas": (cfg.beta1, cfg.beta2)}
        self.optimizers = [torch.optim.Adam(player, **adam) for player in self.players]
        self.critic_optimizer = torch.optim.Adam(self.critics, **adam)

    def gradients(self, batch: dict[str, Tensor], i: int) -> None:
        """Compute the gradients of all players."""
        trainer, cfg = self.trainer, self.trainer.cfg
        noise = torch.randn(cfg.batch, cfg.pose)
        found = self.net.poses(batch["image"])
        identity = self.net.identity_codes(batch["partner"])
        pose = found.sample(noise)
        drawn = self.net.drawn(pose, identity)
        error = (drawn - batch["image"]).square().flatten(1).sum(1).mean()
        self._of_critics(pose.detach(), identity.detach())
        joint = self._critic(0, pose, identity.detach())
        slope = trainer.controllers.slope(joint.mean().detach(), i)
        total = error + trainer.controllers.gamma * found.kl() + slope * joint.mean()
        for player in self.players:
            for parameter, gradient in zip(player, torch.autograd.grad(total, player, retain_graph=True)):
                parameter.grad = gradient

    def _of_critics(self, pose: Tensor, identity: Tensor) -> None:
        """T, T' and the meter, one after the other: each has its own pair of networks."""
        sums = [torch.zeros_like(parameter) for parameter in self.critics]
        for number in range(3):
            joint = self._critic(number, pose, identity)
            independent = self._critic(number, pose, exchanged(identity))
            loss = density_ratio_loss(joint, independent)
            for total, gradient in zip(sums, torch.autograd.grad(loss, self.critics)):
                total += gradient
        for parameter, total in zip(self.critics, sums):
            parameter.grad = total

    def _critic(self, number: int, pose: Tensor, identity: Tensor) -> Tensor:
        critics = self.trainer.critics
        return (_apart(critics.of_first, number, pose) * _apart(critics.of_second, number, identity)).sum(1)

    def step(self, batch: dict[str, Tensor], i: int) -> None:
        """Gradients and updates."""
        self.gradients(batch, i)
        for optimizer in (*self.optimizers, self.critic_optimizer):
            optimizer.step()


def _apart(networks: nn.Module, number: int, code: Tensor) -> Tensor:
    """One network of those that are computed together, with gradients."""
    x, last = code, len(networks.weights) - 1  # type: ignore[arg-type]
    for i, (weight, bias) in enumerate(zip(networks.weights, networks.biases)):  # type: ignore[arg-type]
        y = (x if i == 0 else x.relu()) @ weight[number] + bias[number]
        x = x + y if 0 < i < last else y
    return x


def step_times(preset: str, bf16: bool, turns: int) -> dict[str, Any]:
    """Processor seconds of a step each way, by turns, and the greatest difference of gradients in float32."""
    cfg = replace(disentangle.PRESETS[preset], warm_up=0, of_means=0.0)
    generator = torch.Generator().manual_seed(0)
    shape = (cfg.batch, 3, cfg.resolution, cfg.resolution)
    batch = {name: torch.rand(shape, generator=generator) * 2 - 1 for name in ("image", "partner")}
    torch.manual_seed(0)
    fast = Trainer(replace(cfg, bf16=bf16), torch.device("cpu"))
    slow = {"players_apart": PlayerByPlayer(cfg, True), "players_together": PlayerByPlayer(cfg, False)}
    ways = {"fast": lambda i: fast.step(fast.state, batch, i)}
    ways |= {name: (lambda i, one=one: one.step(batch, i)) for name, one in slow.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 2):
        for name, way in ways.items():
            began = time.process_time()
            for i in range(5):
                way(i)
            if turn > 1:
                seconds[name].append((time.process_time() - began) / 5)
    middle = {name: statistics.median(each) for name, each in seconds.items()}
    return {
        "seconds": {name: round(value, 5) for name, value in middle.items()},
        "times_as_fast": {name: round(middle[name] / middle["fast"], 2) for name in slow},
        "greatest_relative_difference": difference(cfg),
    }


def difference(cfg: disentangle.Config) -> float:
    """The greatest difference of gradients in float32, relative to the greatest gradient of the player."""
    cfg = replace(cfg, bf16=False)
    batch = {name: torch.rand(cfg.batch, 3, cfg.resolution, cfg.resolution) * 2 - 1 for name in ("image", "partner")}
    torch.manual_seed(0)
    fast, slow = Trainer(cfg, torch.device("cpu")), PlayerByPlayer(cfg, True)
    slow.net.load_state_dict(fast.net.state_dict())
    slow.trainer.critics.load_state_dict(fast.critics.state_dict())
    for one in (fast, slow.trainer):
        one.controllers.multiplier.fill_(2.0)
    torch.manual_seed(1)
    fast.gradients(batch, 5)
    torch.manual_seed(1)
    slow.gradients(batch, 5)
    players = {"net": (fast.net, slow.net), "critics": (fast.critics, slow.trainer.critics)}
    found = []
    for mine, theirs in players.values():
        pairs = [(one.grad, other.grad) for one, other in zip(mine.parameters(), theirs.parameters())]
        greatest = max(float(other.abs().max()) for _, other in pairs)
        found.append(max(float((one - other).abs().max()) for one, other in pairs) / greatest)
    return max(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("folder", type=Path)
    one.add_argument("--work", type=Path, default=Path("disentangle-work"))
    one.add_argument("--variant", choices=VARIANTS, default="full")
    one.add_argument("--preset", default="study")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--steps", type=int, default=STEPS)
    two = commands.add_parser("measure")
    two.add_argument("--work", type=Path, default=Path("disentangle-work"))
    two.add_argument("--seeds", type=int, nargs="+", default=[0])
    two.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    two.add_argument("--preset", default="study")
    two.add_argument("--keep", type=Path, help="a result whose rows are kept, for models that are measured already")
    two.add_argument("--sheets", type=Path)
    two.add_argument("--picture", type=Path, help="a JPEG for the README, of the first model")
    two.add_argument("--out", type=Path, required=True)
    three = commands.add_parser("step")
    three.add_argument("--turns", type=int, default=15)
    three.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "train":
        seconds = train(asked.folder, asked.work, asked.variant, asked.preset, asked.seed, asked.steps)
        print(f"{asked.variant} {asked.seed}: {seconds:.0f} processor seconds")
        return
    if asked.command == "measure":
        result = measure(asked)
    else:
        rows = {
            f"{preset}, {'bfloat16' if bf16 else 'float32'}": step_times(preset, bf16, asked.turns)
            for preset in ("study", "small")
            for bf16 in (False, True)
        }
        print(json.dumps(rows, indent=1))
        result = {**provenance(), "rows": rows}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
