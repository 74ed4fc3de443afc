"""Training, in one or two stages: macro patches inside the image; then, optionally, patches across its edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.models.cocogan.config import Config
from calotype.models.cocogan.generate import sample
from calotype.models.cocogan.network import Net
from calotype.models.cocogan.trainer import Trainer, recalibrate_norms
from calotype.run import Run, fit

_PARTS, _BEYOND = "parts", "beyond"
_PREVIEW_BATCHES = 4  # for the batch norm statistics of a preview
_PREVIEW_GRID = (3, 4)  # rows and columns of images

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training images, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Images per step, over all processes."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the training stages, in order."""
    return [_PARTS, _BEYOND] if cfg.beyond else [_PARTS]


def build(cfg: Config) -> Net:
    """A new model; its weights are drawn from torch's global generator."""
    # Channels last: bfloat16 convolutions are a third faster.
    net: Net = Net(cfg).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on macro patches of a set of images.

    Args:
        batches: the images of step ``i``: a dict with ``image`` [B, 3, height, width], -1..1; B is this process's share
            of ``cfg.batch``.
        cfg: the settings.
        run: device, events and storage; every stage reports previews.

    Returns:
        The trained model, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    trainer = _trainer(cfg, run, _PARTS)
    _fit(trainer, batches, run, _PARTS)
    if cfg.beyond:
        trainer = _trainer(cfg, run, _BEYOND, trainer.net)
        _fit(trainer, batches, run, _BEYOND)
    return _finalized(trainer.net, cfg, run)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The model of the last saved state of a training in ``run.folder``; ``None`` if there is none.

    Raises:
        InputError: the state is damaged, or from other settings.
    """
    net = None
    for stage, steps in zip(stages(cfg), (cfg.steps, cfg.beyond_steps)):
        trainer = _trainer(cfg, run, stage, net)
        if run.restored(steps, trainer.state, stage):
            net = trainer.net
    return None if net is None else _finalized(net, cfg, run)


def _trainer(cfg: Config, run: Run, stage: str, net: Net | None = None) -> Trainer:
    if net is None:
        run.reseed(stage, "start")
        net = build(cfg).to(run.device)
    steps = cfg.steps if stage == _PARTS else cfg.beyond_steps
    return Trainer(net, cfg, run.device, steps, beyond=stage == _BEYOND)


def _fit(trainer: Trainer, batches: Batches, run: Run, stage: str) -> None:
    def picture() -> Tensor:
        return preview(trainer.net, trainer.cfg, run, beyond=trainer.beyond)

    fit(trainer.step, trainer.state, batches, run, steps=trainer.steps, stage=stage, preview=picture)


def _finalized(net: Net, cfg: Config, run: Run) -> Net:
    run.reseed("normalisation")
    recalibrate_norms(net.average, cfg, run.device)
    return net.requires_grad_(False).eval()


@torch.no_grad()
def preview(net: Net, cfg: Config, run: Run, *, beyond: bool = False) -> Tensor:
    """Generated images in a grid: [1, 3, H, W], -1..1."""
    before = {name: value.clone() for name, value in net.average.named_buffers()}
    recalibrate_norms(net.average, cfg, run.device, batches=_PREVIEW_BATCHES)
    extra = 2 * cfg.beyond * cfg.micro if beyond else 0
    across = 0 if cfg.coordinates == "cylindrical" else extra
    size = (cfg.size[0] + extra, cfg.size[1] + across)
    rows, columns = _PREVIEW_GRID
    made = [sample(cfg, run, net=net, size=size, seed=seed) for seed in range(rows * columns)]
    # A preview must not change the training: restore the statistics.
    for name, value in net.average.named_buffers():
        value.copy_(before[name])
    return torch.cat([torch.cat(made[row * columns : (row + 1) * columns], dim=3) for row in range(rows)], dim=2)
