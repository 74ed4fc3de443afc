"""Training on one photo and its label map, with augmentation of growing strength."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from calotype.engines.analogy.checks import checked
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.features import resolved_features
from calotype.engines.analogy.labelling import checked_labels
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.sizes import Size
from calotype.engines.analogy.trainer import StepInputs, Trainer
from calotype.nn.spectral import estimate_again
from calotype.run import Run, fit


def build(cfg: Config, size: Size) -> Net:
    """An untrained model for a photo of ``size`` pixels (height, width)."""
    return Net(cfg, size)


def stages(size: Size, cfg: Config) -> list[str]:
    """Names of the parts of training, in order."""
    return [f"part {i + 1} of {len(_part_steps(cfg))}" for i in range(len(_part_steps(cfg)))]


def _part_steps(cfg: Config) -> list[int]:
    """Steps of each part; they sum to those of the training."""
    parts = min(cfg.parts, cfg.steps)
    return [cfg.steps * (i + 1) // parts - cfg.steps * i // parts for i in range(parts)]


def adapted(cfg: Config, verb: str, **facts: Any) -> Config:
    """The settings to train with for a verb; ``auto`` is resolved, so that the settings identify one model.

    Args:
        cfg: the user's settings.
        verb: ``relayout`` needs the number of classes.
        facts: ``classes`` of ``relayout``.
    """
    if verb != "relayout" or "classes" not in facts:
        return cfg
    return replace(cfg, classes=int(facts["classes"]), features=resolved_features(cfg.features))


def train(photo: Tensor, cfg: Config, run: Run, *, labels: Tensor) -> Net:
    """Train on one photo and its label map, by augmentation of both (section 3 of the paper).

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: folder, seed, device, progress, stopping; a preview at the end of each part.
        labels: [1, H, W], int64, 0 .. ``cfg.classes`` - 1.

    Raises:
        InputError: the photo is too small or has transparency, the map does not fit it, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    net, trainer = _prepared(photo, cfg, run, labels)
    first = 0
    for stage, steps in zip(stages(net.size, cfg), _part_steps(cfg), strict=True):
        _train_part(trainer, first, steps, stage)
        first += steps
        net.finished += 1
    return _averaged(net, cfg)


def unfinished(photo: Tensor, cfg: Config, run: Run, *, labels: Tensor) -> Net | None:
    """The model after the last finished part of an interrupted training; ``None`` if there is none."""
    net, trainer = _prepared(photo, cfg, run, labels)
    for stage, steps in zip(stages(net.size, cfg), _part_steps(cfg), strict=True):
        if not run.finished(steps, trainer.state, stage=stage):
            break
        net.finished += 1
    return _averaged(net, cfg) if int(net.finished) else None


def _averaged(net: Net, cfg: Config) -> Net:
    """The model; the singular values of averaged weights are estimated anew."""
    if cfg.average:
        estimate_again(net.generator)
    return net.requires_grad_(False).eval()


def _prepared(photo: Tensor, cfg: Config, run: Run, labels: Tensor) -> tuple[Net, Trainer]:
    checked(photo, cfg)
    size = (photo.shape[2], photo.shape[3])
    checked_labels(labels, size, cfg.classes, "the photo's map")
    net = build(cfg, size).to(run.device)
    return net, Trainer(net, photo.to(run.device), labels.to(run.device), cfg, run)


def _train_part(trainer: Trainer, first: int, steps: int, stage: str) -> None:
    run = trainer.run

    def batch(i: int) -> StepInputs:
        return trainer.inputs(first + i)

    def step(state: Any, inputs: StepInputs, i: int) -> dict[str, Tensor]:
        losses = trainer.step(inputs, first + i)
        if i == steps - 1:
            run.report(preview=trainer.preview())
        return losses

    fit(step, trainer.state, batch, run, steps=steps, stage=stage)
