"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.run import Run, fit, resumed, started
from calotype.translation.config import TranslationConfig
from calotype.translation.net import Net
from calotype.translation.network import code_of, in_memory
from calotype.translation.record import Record
from calotype.translation.trainer import Trainer, Translator, examples

STAGE = "pictures"
_SHOWN = 6  # conditions in a preview
_SEEDS = 3  # pictures of each of them

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: TranslationConfig) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size


def batch_size(cfg: TranslationConfig) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: TranslationConfig) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [STAGE]


def train(batches: Batches, cfg: TranslationConfig, run: Run) -> Net:
    """Train on pairs of pictures, or on pictures with labels.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1, and ``other`` [B, 3, H, W], the condition, or
            with ``cfg.classes`` ``label`` int64 [B]; B is this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show the first conditions with fixed codes.

    Returns:
        The trained net, in eval mode, on the run's device.

    Raises:
        Stopped, InputError, OutputError: as ``Run.steps``.
    """
    trainer = _started(cfg, run)
    fitted(trainer, batches, run)
    return recorded(trainer.net, trainer.net, batches, run)


def recorded(net: Net, task: Translator, batches: Batches, run: Run) -> Net:
    """The net in eval mode, with a record of its last task, whose pictures ``task`` draws."""
    net.requires_grad_(False).eval()
    record = net.records[-1]
    assert isinstance(record, Record)
    record.fill(task, batches, run.device)
    return net


def fitted(trainer: Trainer, batches: Batches, run: Run, stage: str = STAGE) -> None:
    """Run the training of a trainer; see ``train``."""
    first = batches(0)

    def picture() -> Tensor:
        return preview(trainer.net, first, trainer.cfg, run.device)

    fit(trainer.step, trainer.state, batches, run, steps=trainer.cfg.steps, stage=stage, preview=picture)


def unfinished(cfg: TranslationConfig, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    trainer = resumed(_started(cfg, run), run, cfg.steps, STAGE)
    if trainer is None:
        return None
    net: Net = trainer.net
    return net.requires_grad_(False).eval()


def _started(cfg: TranslationConfig, run: Run) -> Trainer:
    return started(lambda: Trainer(cfg, in_memory(Net(cfg)), run.device), run, STAGE)


@torch.no_grad()
def preview(net: Translator, batch: Mapping[str, Tensor], cfg: TranslationConfig, device: torch.device) -> Tensor:
    """A few conditions, pictures of them with fixed codes, and the real pictures, in rows: [1, 3, H, W], -1..1."""
    condition, real = examples({name: value[:_SHOWN] for name, value in batch.items()}, cfg, device)
    rows = [] if cfg.classes else [condition]
    for seed in range(_SEEDS):
        rows.append(net.draw(condition, code_of(seed, cfg.code).to(device).expand(len(real), -1)))
    return torch.cat([torch.cat(list(row), dim=2) for row in [*rows, real]], dim=1)[None].contiguous()
