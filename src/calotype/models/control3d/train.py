"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.models.control3d.config import Config
from calotype.models.control3d.generate import scene
from calotype.models.control3d.network import Net
from calotype.models.control3d.paired_trainer import PairedTrainer
from calotype.models.control3d.trainer import Trainer
from calotype.nn.spectral import estimate_again
from calotype.run import Run, fit, resumed, started

_STAGE = "scenes"
_SHOWN, _VIEWS = 4, 4  # scenes of a preview, and views of each
_LOOKED_AT = 8  # batches in which pictures of surroundings are sought before a training

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size, cfg.size


def batch_size(cfg: Config) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on pictures of scenes, with ``cfg.classes`` also on pictures of surroundings alone.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1, and with ``cfg.classes`` also ``label``; B is
            this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show scenes as four cameras see them.

    Returns:
        The moving average of the generators, in eval mode, on the run's device.

    Raises:
        Stopped, OutputError: as ``Run.steps``.
        InputError: as ``Run.steps``, or the pictures have no labels where they are needed.
    """
    if cfg.giraffe:
        raise InputError("models of GIRAFFE are imported, not trained here: leave out giraffe=")
    if cfg.classes and "label" not in batches(0):
        raise InputError("the training pictures have no labels: give subfolders background/ and scenes/ (classes)")
    trainer = _started(cfg, run)
    if getattr(trainer, "first", 0) and not any(bool((batches(i)["label"] == 0).any()) for i in range(_LOOKED_AT)):
        raise InputError(
            "the training pictures show no surroundings alone: give subfolders background/ and scenes/, or "
            "surroundings_first=0"
        )

    def picture() -> Tensor:
        return preview(trainer.average.module, cfg, run)

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=_STAGE, preview=picture)
    return _finalized(trainer)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run), run, cfg.steps, _STAGE)
    return None if trainer is None else _finalized(trainer)


def _started(cfg: Config, run: Run) -> Trainer:
    kind = PairedTrainer if cfg.loss == "relativistic" else Trainer
    return started(lambda: kind(cfg, run.device), run, _STAGE)


def _finalized(trainer: Trainer) -> Net:
    return estimate_again(trainer.average.module.requires_grad_(False).eval())


def preview(net: Net, cfg: Config, run: Run) -> Tensor:
    """A row for each scene, with views from all around: [1, 3, H, W], -1..1."""
    rows = [
        torch.cat([scene(cfg, run, net=net, seed=seed, azimuth=360 * k / _VIEWS) for k in range(_VIEWS)], 3)
        for seed in range(_SHOWN)
    ]
    return torch.cat(rows, 2)
