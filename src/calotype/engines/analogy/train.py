"""Training: generator and critic on one photo and its map, augmented more and more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from calotype.engines.analogy.checks import checked
from calotype.engines.analogy.config import Config
from calotype.engines.analogy.features import settled
from calotype.engines.analogy.labelling import checked_labels
from calotype.engines.analogy.learning import Learning, Lesson
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.sizes import Size
from calotype.run import Run, fit


def build(cfg: Config, size: Size) -> Net:
    """An untrained net for a photo of ``size`` pixels (height, width)."""
    return Net(cfg, size)


def stages(size: Size, cfg: Config) -> list[str]:
    """Names of the parts of training, in the order they are worked."""
    return [f"part {i + 1} of {len(_steps(cfg))}" for i in range(len(_steps(cfg)))]


def _steps(cfg: Config) -> list[int]:
    """Steps of each part, which together are those of the training."""
    parts = min(cfg.parts, cfg.steps)
    return [cfg.steps * (i + 1) // parts - cfg.steps * i // parts for i in range(parts)]


def adapted(cfg: Config, verb: str, **facts: Any) -> Config:
    """The settings to train with for a verb: what they leave open is settled, so that they name one model.

    Args:
        cfg: the user's settings.
        verb: ``relayout`` needs to know how many classes there are.
        facts: ``classes`` of ``relayout``.
    """
    if verb != "relayout" or "classes" not in facts:
        return cfg
    return replace(cfg, classes=int(facts["classes"]), features=settled(cfg.features))


def train(photo: Tensor, cfg: Config, run: Run, *, labels: Tensor) -> Net:
    """Learn from one photo and its map, by its own deformations (section 3 of the paper).

    Args:
        photo: [1, 3, H, W], -1..1.
        cfg: settings.
        run: folder, seed, device, progress, stopping; a preview at the end of each part.
        labels: [1, H, W], int64, 0 .. ``cfg.classes`` - 1.

    Raises:
        InputError: the photo is too small or has transparency, the map does not fit it, or a setting is out of range.
        Stopped: the run was asked to stop.
    """
    net, learning = _prepared(photo, cfg, run, labels)
    begun = 0
    for stage, steps in zip(stages(net.size, cfg), _steps(cfg), strict=True):
        _work(learning, begun, steps, stage)
        begun += steps
        net.finished += 1
    return net.requires_grad_(False).eval()


def unfinished(photo: Tensor, cfg: Config, run: Run, *, labels: Tensor) -> Net | None:
    """The net as the last part that an interrupted training has finished left it; ``None`` where none is."""
    net, learning = _prepared(photo, cfg, run, labels)
    for stage, steps in zip(stages(net.size, cfg), _steps(cfg), strict=True):
        if not run.finished(steps, learning.state, stage=stage):
            break
        net.finished += 1
    return net.requires_grad_(False).eval() if int(net.finished) else None


def _prepared(photo: Tensor, cfg: Config, run: Run, labels: Tensor) -> tuple[Net, Learning]:
    checked(photo, cfg)
    size = (photo.shape[2], photo.shape[3])
    checked_labels(labels, size, cfg.classes, "the photo's map")
    net = build(cfg, size).to(run.device)
    return net, Learning(net, photo.to(run.device), labels.to(run.device), cfg, run)


def _work(learning: Learning, begun: int, steps: int, stage: str) -> None:
    run = learning.run

    def batch(i: int) -> Lesson:
        return learning.lesson(begun + i)

    def step(state: Any, lesson: Lesson, i: int) -> dict[str, Tensor]:
        said = learning.step(lesson, begun + i)
        if i == steps - 1:
            run.report(preview=learning.picture())
        return said

    fit(step, learning.state, batch, run, steps=steps, stage=stage)
