"""Training: the parts inside a picture, and then, where it is wanted, those beyond its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from calotype import distributed
from calotype.models.cocogan.config import Config
from calotype.models.cocogan.generate import sample
from calotype.models.cocogan.learning import Learner, measure
from calotype.models.cocogan.network import Net
from calotype.run import Run, fit

_PARTS, _BEYOND = "parts", "beyond"
_PREVIEWS = 40  # in a stage
_MEASURED = 4  # batches for the normalisation of a preview
_SHOWN = (3, 4)  # rows and columns of a preview

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the pictures that are learned from, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """How many pictures a step learns from, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_PARTS, _BEYOND] if cfg.beyond else [_PARTS]


def build(cfg: Config) -> Net:
    """The networks, with weights that torch's global generator draws."""
    # Channels last: convolutions in bfloat16 are quicker by a third.
    net: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Learn from pictures of which only pieces are ever looked at.

    Args:
        batches: the pictures of step ``i``: a dict with ``image`` [B, 3, height, width], -1..1; B is this process's
            share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; every stage reports previews.

    Returns:
        The trained net, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    learner = _learner(cfg, run, _PARTS)
    fit(_shown(learner, run), learner.state, batches, run, steps=cfg.steps, stage=_PARTS)
    if cfg.beyond:
        learner = _learner(cfg, run, _BEYOND, learner.net)
        fit(_shown(learner, run), learner.state, batches, run, steps=cfg.beyond_steps, stage=_BEYOND)
    return _finished(learner.net, cfg, run)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    found = None
    for stage, steps in zip(stages(cfg), (cfg.steps, cfg.beyond_steps)):
        learner = _learner(cfg, run, stage, found)
        if run.restored(steps, learner.state, stage):
            found = learner.net
    return None if found is None else _finished(found, cfg, run)


def _learner(cfg: Config, run: Run, stage: str, net: Net | None = None) -> Learner:
    if net is None:
        run.reseed(stage, "start")
        net = build(cfg).to(run.device)
    steps = cfg.steps if stage == _PARTS else cfg.beyond_steps
    return Learner(net, cfg, run.device, steps, beyond=stage == _BEYOND)


def _finished(net: Net, cfg: Config, run: Run) -> Net:
    run.reseed("normalisation")
    measure(net.average, cfg, run.device)
    return net.requires_grad_(False).eval()


def _shown(learner: Learner, run: Run) -> Callable[[Any, Mapping[str, Tensor], int], dict[str, Tensor]]:
    """The learner's step, which now and then, and at the last, reports pictures as well."""

    def step(state: Any, batch: Mapping[str, Tensor], i: int) -> dict[str, Tensor]:
        values = learner.step(state, batch, i)
        every = max(1, learner.steps // _PREVIEWS)
        if distributed.rank() == 0 and run.on_event and ((i + 1) % every == 0 or i + 1 == learner.steps):
            run.report(preview=preview(learner.net, learner.cfg, run, beyond=learner.beyond))
        return values

    return step


@torch.no_grad()
def preview(net: Net, cfg: Config, run: Run, *, beyond: bool = False) -> Tensor:
    """Pictures side by side: [1, 3, H, W], -1..1."""
    before = {name: value.clone() for name, value in net.average.named_buffers()}
    with distributed.alone():  # one process looks, the others work on
        measure(net.average, cfg, run.device, batches=_MEASURED)
    extra = 2 * cfg.beyond * cfg.micro if beyond else 0
    across = 0 if cfg.coordinates == "cylindrical" else extra
    size = (cfg.size[0] + extra, cfg.size[1] + across)
    rows, columns = _SHOWN
    made = [sample(cfg, run, net=net, size=size, seed=seed) for seed in range(rows * columns)]
    # Whoever looks on changes nothing.
    for name, value in net.average.named_buffers():
        value.copy_(before[name])
    return torch.cat([torch.cat(made[row * columns : (row + 1) * columns], dim=3) for row in range(rows)], dim=2)
