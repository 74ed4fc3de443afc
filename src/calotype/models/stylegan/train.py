"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.models.stylegan.config import Config
from calotype.models.stylegan.finetuning import Start, freeze
from calotype.models.stylegan.generate import sample
from calotype.models.stylegan.network import Net
from calotype.models.stylegan.trainer import Trainer
from calotype.run import Run, fit, resumed, started

_STAGE = "pictures"
_PREVIEW_GRID = (3, 4)  # rows and columns of pictures

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.resolution, cfg.resolution


def batch_size(cfg: Config) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: Config, run: Run, *, begun: Start | None = None, frozen: int = 0) -> Net:
    """Train on a set of pictures.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1, and with ``cfg.classes`` also ``label`` int64
            [B]; B is this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show pictures of fixed latent vectors.
        begun: what a fine-tuning starts from, see ``start``; ``cfg`` is that of ``started``. ``None``: random weights.
        frozen: how many layers of the discriminator keep their weights, see ``finetuning``.

    Returns:
        The moving average of the generator, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``; ``InputError`` too for generators that are only imported.
    """
    trainer = _started(cfg, run)
    if begun is not None:
        trainer.start_from(begun)
    freeze(trainer.discriminator, frozen)

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
    return started(lambda: Trainer(cfg, run.device), run, _STAGE)


def _finalized(trainer: Trainer) -> Net:
    return trainer.average.module.requires_grad_(False).eval()


def preview(net: Net, cfg: Config, run: Run) -> Tensor:
    """Pictures of fixed latent vectors, in a grid: [1, 3, H, W], -1..1."""
    rows, columns = _PREVIEW_GRID
    made = [sample(cfg, run, net=net, seed=seed, label=seed % max(1, cfg.classes)) for seed in range(rows * columns)]
    return torch.cat([torch.cat(made[row * columns : (row + 1) * columns], dim=3) for row in range(rows)], dim=2)
