"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.nn.folding import folded_state
from calotype.nn.statistics import has_running_statistics
from calotype.run import Run, fit, resumed, started
from calotype.semantic.config import LayoutConfig
from calotype.semantic.network import Build, Net
from calotype.semantic.normalization import FreeNorm
from calotype.semantic.oasis import OasisTrainer
from calotype.semantic.trainer import Trainer, measure

_STAGE = "pictures"
_SHOWN = 6  # label maps in a preview
_SEEDS = 2  # pictures of each of them
_MEASURED = 16  # batches for the running statistics

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: LayoutConfig) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size


def batch_size(cfg: LayoutConfig) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: LayoutConfig) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: LayoutConfig, run: Run, build: Build) -> Net:
    """Train on pictures with label maps.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1, ``map`` int64 [B, H, W], -1 for no class, and
            with ``cfg.instances`` also ``instances`` int64 [B, H, W]; B is this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show the first label maps with fixed codes.
        build: makes the networks.

    Returns:
        The trained net, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    trainer = _started(cfg, run, build)
    trainer.net.prepare(batches, cfg)
    trainer.average.copy_from(trainer.net)
    first = batches(0)

    def picture() -> Tensor:
        return preview(trainer, first)

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=_STAGE, preview=picture)
    run.reseed("statistics")
    measure(trainer.average.module, [batches(i) for i in range(_MEASURED)], cfg, run.device)
    return _folded(trainer, trainer.average.module)


def unfinished(cfg: LayoutConfig, run: Run, build: Build) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    With running statistics of batch normalisation, which were gathered for the weights of the last steps, it has the
    weights of the last step, else their moving average.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run, build, learning=False), run, cfg.steps, _STAGE)
    if trainer is None:
        return None
    return _folded(trainer, trainer.net if has_running_statistics(trainer.net) else trainer.average.module)


def _started(cfg: LayoutConfig, run: Run, build: Build, *, learning: bool = True) -> Trainer:
    kind = OasisTrainer if cfg.adversarial == "oasis" else Trainer
    return started(lambda: kind(cfg, run.device, build, learning=learning), run, _STAGE)


def _folded(trainer: Trainer, weights: Net) -> Net:
    """Weights as a net without spectral normalisation."""
    net = trainer.build(trainer.cfg).to(trainer.device)
    net.load_state_dict(folded_state(weights))
    return net.requires_grad_(False).eval()


@torch.no_grad()
def preview(trainer: Trainer, batch: Mapping[str, Tensor]) -> Tensor:
    """Label maps of a batch drawn with fixed codes, and the real pictures: [1, 3, H, W], -1..1.

    Each row has a few label maps; the last row has the real pictures. Every picture has a code of its own, and batch
    normalisation uses the statistics of the preview itself.
    """
    cfg, net = trainer.cfg, _folded(trainer, trainer.average.module)
    shown = {name: batch[name][:_SHOWN].to(trainer.device) for name in batch}
    for module in net.modules():
        if isinstance(module, FreeNorm):
            module.running = False
    twice = {name: value.repeat(_SEEDS, *[1] * (value.dim() - 1)) for name, value in shown.items()}
    maps = net.layouts(twice["map"], cfg, twice.get("instances"))
    rows = net.sampled(maps, range(len(twice["map"]))).chunk(_SEEDS)
    return torch.cat([torch.cat(list(row), dim=2) for row in [*rows, shown["image"]]], dim=1)[None]
