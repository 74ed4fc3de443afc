"""Training in stages of growing patches, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype import distributed
from calotype.errors import InputError
from calotype.models.styledisentangle.config import Config
from calotype.models.styledisentangle.network import Net
from calotype.models.styledisentangle.trainer import Trainer, first_result
from calotype.run import Run, fit, started

_SHOWN = 6  # photos in a preview

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width that training pictures are brought to, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Photos that are read for a step: those of the largest batch of a stage."""
    return max(cfg.batches)


def stages(cfg: Config) -> list[str]:
    """The names of the stages, in their order: the side of their patches."""
    return [f"stage {number + 1}, {side} pixels" for number, side in enumerate(cfg.patches)]


def lengths(cfg: Config) -> list[int]:
    """Steps of each stage."""
    return [last - first for first, last in zip((0, *cfg.until), cfg.until)]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on photos and artworks.

    Args:
        batches: the batch of step ``i``: ``image`` and ``art`` [B, 3, H, W], -1..1, and ``category`` and ``artist``
            int64 [B]; B is this process's share of the largest batch.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show photos in the styles of artworks.

    Returns:
        The trained net, in eval mode, on the run's device.

    Raises:
        InputError: a batch cannot be shared out in even numbers.
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    _check_shares(cfg)
    trainer: Trainer | None = None
    for number, (name, count) in enumerate(zip(stages(cfg), lengths(cfg))):
        trainer = _started(cfg, number, run, trainer)
        _fitted(trainer, batches, run, name, count, (0, *cfg.until)[number])
    assert trainer is not None
    return trainer.result.requires_grad_(False).eval()


def _check_shares(cfg: Config) -> None:
    pair = 2 * distributed.world()
    odd = [batch for batch in cfg.batches if batch % pair]
    if odd:
        raise InputError(
            f"a batch of {odd[0]} is not even in each of {distributed.world()} processes: give --set batches of "
            f"multiples of {pair}"
        )


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    for number in reversed(range(len(cfg.patches))):
        trainer = _started(cfg, number, run, None)
        if run.restored(lengths(cfg)[number], trainer.state, stages(cfg)[number]):
            return trainer.result.requires_grad_(False).eval()
    return None


def _started(cfg: Config, number: int, run: Run, before: Trainer | None) -> Trainer:
    """The trainer of a stage, which goes on with the networks and optimizers of the one before."""
    trainer = started(lambda: Trainer(cfg, number, run.device), run, stages(cfg)[number])
    if before is not None:
        for name, part in trainer.state.items():
            if isinstance(part, Tensor):
                part.copy_(before.state[name])
            else:
                part.load_state_dict(before.state[name].state_dict())
    return trainer


def _fitted(trainer: Trainer, batches: Batches, run: Run, name: str, count: int, first: int) -> None:
    share = batch_size(trainer.cfg) // trainer.cfg.batches[trainer.stage]

    def part(i: int) -> dict[str, Tensor]:
        batch = batches(first + i)
        return {key: value[: len(value) // share] for key, value in batch.items()}

    shown = batches(0)

    def picture() -> Tensor:
        return preview(trainer, shown)

    fit(trainer.step, trainer.state, part, run, steps=count, stage=name, preview=picture)


def preview(trainer: Trainer, batch: Mapping[str, Tensor]) -> Tensor:
    """Photos, artworks, and the photos in the styles of these, in rows: [1, 3, H, W], -1..1."""
    side = trainer.cfg.patches[trainer.stage]
    given = {name: value[: 2 * _SHOWN] for name, value in batch.items()}
    for name in ("image", "art"):
        given[name] = given[name][:, :, :side, :side]
    examples = trainer.examples(given)
    count = len(examples.categories)
    net = trainer.result.eval()
    made = first_result(net, examples, trainer.window)
    rows = [examples.photos[:count], examples.artworks[:count], made]
    return torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)[None].contiguous()
