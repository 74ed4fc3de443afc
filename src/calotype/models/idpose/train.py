"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from calotype.models.idpose.config import Config
from calotype.models.idpose.network import Net
from calotype.models.idpose.trainer import Trainer
from calotype.reposing.drawing import preview
from calotype.run import Run, fit, resumed, started

_STAGE = "pictures"
_FITTED = 256  # batches that the directions of the pose code are found from
Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.resolution, cfg.resolution


def batch_size(cfg: Config) -> int:
    """Triplets a step, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on triplets of pictures.

    Args:
        batches: the batch of step ``i``: ``image``, ``partner``, ``pose``, ``pose_partner``: [B, 3, H, W], -1..1, see
            ``Trainer.step``; B is this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show the first pictures in the poses of others.

    Returns:
        The trained net, the moving average, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    trainer = _started(cfg, run)
    first = batches(0)
    shown = trainer.average.module

    def picture() -> Tensor:
        pose = "pose" if "pose" in first else "image"
        return preview(shown, *(first[name].to(run.device) for name in ("partner", pose)))

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=_STAGE, preview=picture)
    net = trainer.average.module.eval()
    if cfg.least_signal and cfg.kl_weight:
        pictures = (batches(i)["image"].to(run.device) for i in range(min(cfg.steps, _FITTED)))
        net.informative.fit((net.poses(each) for each in pictures), cfg.least_signal)
    return net


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run, learning=False), run, cfg.steps, _STAGE)
    return None if trainer is None else trainer.average.module.eval()


def _started(cfg: Config, run: Run, *, learning: bool = True) -> Trainer:
    return started(lambda: Trainer(cfg, run.device, learning=learning), run, _STAGE)
