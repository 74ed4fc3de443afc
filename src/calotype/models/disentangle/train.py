"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.models.disentangle.config import Config
from calotype.models.disentangle.network import Net
from calotype.models.disentangle.pretraining import IdentityTrainer
from calotype.models.disentangle.trainer import Trainer
from calotype.reposing.drawing import preview
from calotype.run import Run, fit, resumed, started

IDENTITIES, PICTURES = "identities", "pictures"
_FITTED = 64  # batches that the directions of the pose code are found from
Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.resolution, cfg.resolution


def batch_size(cfg: Config) -> int:
    """Pairs of pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [IDENTITIES, PICTURES] if cfg.pretrained else [PICTURES]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on pairs of pictures of one identity.

    Args:
        batches: the batch of step ``i``: ``image`` and ``partner`` [B, 3, H, W], -1..1, two pictures of one identity in
            each row; B is this process's share of ``cfg.batch``, and even.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show the first pictures in the poses of others.

    Returns:
        The trained net, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    if cfg.batch // distributed.world() % 2:
        raise InputError(
            f"a batch of {cfg.batch} is odd in each of {distributed.world()} processes: give --set batch of a multiple "
            f"of {2 * distributed.world()}"
        )
    first = batches(0)
    identity = _pretrained(batches, first, cfg, run) if cfg.pretrained else None
    trainer = _started(cfg, run)
    if identity is not None:
        trainer.net.identity.load_state_dict(identity)

    def picture() -> Tensor:
        trainer.net.eval()
        return preview(trainer.net, *(first[name].to(run.device) for name in ("partner", "image")))

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=PICTURES, preview=picture)
    net = trainer.net.requires_grad_(False).eval()
    if cfg.least_signal:
        pictures = (batches(i)["image"].to(run.device) for i in range(min(cfg.steps, _FITTED)))
        net.informative.fit((net.poses(each) for each in pictures), cfg.least_signal)
    return net


def _pretrained(batches: Batches, first: Mapping[str, Tensor], cfg: Config, run: Run) -> dict[str, Tensor]:
    """The weights of the appearance encoder, trained alone."""
    alone = started(lambda: IdentityTrainer(cfg, run.device), run, IDENTITIES)
    fit(
        alone.step,
        alone.state,
        batches,
        run,
        steps=cfg.pretrained,
        stage=IDENTITIES,
        preview=lambda: torch.cat(list(first["image"][:6]), 2)[None],
    )
    return alone.encoder.state_dict()


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run, learning=False), run, cfg.steps, PICTURES)
    return None if trainer is None else trainer.net.requires_grad_(False).eval()


def _started(cfg: Config, run: Run, *, learning: bool = True) -> Trainer:
    return started(lambda: Trainer(cfg, run.device, learning=learning), run, PICTURES)
