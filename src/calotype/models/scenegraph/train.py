"""Training, its previews, the archetypes at its end, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.models.scenegraph.archetypes import archetypes
from calotype.models.scenegraph.config import Config
from calotype.models.scenegraph.layout import composed, planes_of
from calotype.models.scenegraph.network import Net
from calotype.models.scenegraph.objects import Objects, objects_of
from calotype.models.scenegraph.trainer import Trainer
from calotype.run import Run, fit, resumed, started

_STAGE = "pictures"
_SHOWN = 6  # pictures in a preview
_MEASURED, _SHOWN_MEASURED = 50, 4  # batches for the statistics of batch normalisation, and for those of a preview

Batches = Callable[[int], Mapping[str, Tensor]]


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [_STAGE]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on pictures with objects.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1; ``boxes`` float32 [B, n, 4], left, top, right,
            bottom, 0..1; ``classes`` int64 [B, n], -1 for none; perhaps ``instances`` int64 [B, H, W], the number of
            the object of each pixel, from 1; without, objects fill their boxes.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show pictures of the first layouts.

    Returns:
        The trained net with its archetypes, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    if cfg.network != "ashual":
        raise InputError("models of sg2im are imported, not trained here: leave out network=sg2im")
    trainer = started(lambda: Trainer(cfg, run.device), run, _STAGE)
    first = [batches(i) for i in range(_SHOWN_MEASURED)]
    fit(
        trainer.step,
        trainer.state,
        batches,
        run,
        steps=cfg.steps,
        stage=_STAGE,
        preview=lambda: preview(trainer.averaged(first.__getitem__, len(first)), cfg, first[0]),
    )
    run.reseed("statistics")
    net = trainer.averaged(batches, _MEASURED)
    net.archetypes.copy_(archetypes_of(net, cfg, batches, run))
    return net


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net of the last step that a training in ``run.folder`` saved; ``None`` where nothing is saved.

    Its archetypes are the appearance vectors of the last objects of each class.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = started(lambda: Trainer(cfg, run.device, learning=False), run, _STAGE)
    if resumed(trainer, run, cfg.steps, _STAGE) is None:
        return None
    net, pool = trainer.latest(), trainer.pool
    vectors = torch.cat([pool.vectors[kind, : int(pool.counts[kind])] for kind in range(cfg.classes + 1)])
    kinds = torch.repeat_interleave(torch.arange(cfg.classes + 1), pool.counts.cpu())
    net.archetypes.copy_(_of_sizes(vectors.cpu(), kinds, cfg, run))
    return net


@torch.no_grad()
def archetypes_of(net: Net, cfg: Config, batches: Batches, run: Run) -> Tensor:
    """The archetypes of the first pictures of a training, [classes + 1, sum of ``cfg.archetypes``, looks]."""
    vectors, kinds = [], []
    for i in range(max(1, cfg.archetype_pictures // cfg.batch)):
        batch = {name: distributed.gathered(value.to(run.device)) for name, value in batches(i).items()}
        objects = objects_of(batch, cfg)
        vectors.append(net.looks_of(batch["image"][objects.picture], objects.boxes).float().cpu())
        kinds.append(objects.classes.cpu())
    return _of_sizes(torch.cat(vectors), torch.cat(kinds), cfg, run)


def _of_sizes(vectors: Tensor, kinds: Tensor, cfg: Config, run: Run) -> Tensor:
    parts = [
        archetypes(vectors, kinds, cfg.classes + 1, size, run.generator("archetypes", size)) for size in cfg.archetypes
    ]
    return torch.cat(parts, 1)


@torch.no_grad()
def redrawn(net: Net, cfg: Config, pictures: Tensor, objects: Objects) -> Tensor:
    """Pictures drawn again from the boxes, masks and crops of their objects: [B, 3, H, W], -1..1."""
    looks = net.looks_of(pictures[objects.picture], objects.boxes).float()
    planes = planes_of(cfg, objects.classes, objects.boxes, objects.masks, objects.picture, drawing=True)
    drawn: Tensor = net.renderer(composed(cfg, objects.classes, looks, planes, objects.picture, objects.pictures))
    return drawn


def preview(net: Net, cfg: Config, batch: Mapping[str, Tensor]) -> Tensor:
    """Pictures of a batch drawn again, and below the real ones: [1, 3, H, W], -1..1."""
    device = next(net.parameters()).device
    shown = {name: value[:_SHOWN].to(device) for name, value in batch.items()}
    rows = [redrawn(net, cfg, shown["image"], objects_of(shown, cfg)), shown["image"]]
    return torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)[None]
