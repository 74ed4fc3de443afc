"""Training, its previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.models.layout2im.config import Config
from calotype.models.layout2im.network import Net, objects_of
from calotype.models.layout2im.trainer import Trainer
from calotype.run import Run, fit, resumed, started

_STAGE = "pictures"
_SHOWN = 6  # pictures in a preview
_MEASURED, _SHOWN_MEASURED = 50, 4  # batches for the statistics of batch normalisation, and for those of a preview

Batches = Callable[[int], Mapping[str, Tensor]]


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on pictures with boxes of objects.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1; ``boxes`` float32 [B, n, 4], left, top, right,
            bottom, 0..1; ``classes`` int64 [B, n], -1 for none.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show pictures of the first layouts.

    Returns:
        The moving average of the networks, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    trainer = _started(cfg, run)
    first = [batches(i) for i in range(_SHOWN_MEASURED)]

    def shown() -> Tensor:
        return preview(trainer.averaged(first.__getitem__, len(first)), cfg, first[0])

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=_STAGE, preview=shown)
    run.reseed("statistics")
    return trainer.averaged(batches, _MEASURED)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net of the last step that a training in ``run.folder`` saved; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run), run, cfg.steps, _STAGE)
    return None if trainer is None else trainer.latest()


def _started(cfg: Config, run: Run) -> Trainer:
    return started(lambda: Trainer(cfg, run.device), run, _STAGE)


@torch.no_grad()
def preview(net: Net, cfg: Config, batch: Mapping[str, Tensor]) -> Tensor:
    """Real pictures, the same from the codes of their objects, and from random codes: [1, 3, H, W], -1..1."""
    device = next(net.parameters()).device
    shown = {name: value[:_SHOWN].to(device) for name, value in batch.items()}
    objects = objects_of(shown, cfg)
    codes, _ = net.codes(shown["image"], objects)
    other = torch.randn(codes.shape, generator=torch.Generator().manual_seed(0)).to(device)
    rows = [shown["image"], net(objects, codes), net(objects, other)]
    return torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)[None]
