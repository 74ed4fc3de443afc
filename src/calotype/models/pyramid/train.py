"""Training, previews, and what is left of an unfinished training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from calotype.models.pyramid.classifier import levels
from calotype.models.pyramid.classifier_training import STAGE as CLASSIFIER
from calotype.models.pyramid.classifier_training import ClassifierTrainer, train_classifier
from calotype.models.pyramid.config import Config
from calotype.models.pyramid.generate import generated
from calotype.models.pyramid.masks import masks_at
from calotype.models.pyramid.network import Net
from calotype.models.pyramid.trainer import Trainer
from calotype.run import Run, fit, resumed, started

_STAGE = "pictures"
_SHOWN = 4  # references in a preview
# Batches for the statistics of the features, of those of each class, and of batch normalisation.
_MEASURED, _CLASSES_MEASURED, _NORMALIZED = 8, 200, 50

Batches = Callable[[int], Mapping[str, Tensor]]


def picture_size(cfg: Config) -> tuple[int, int]:
    """Height and width of the training pictures, pixels."""
    return cfg.size


def batch_size(cfg: Config) -> int:
    """Pictures a step, all processes together."""
    return cfg.batch


def stages(cfg: Config) -> list[str]:
    """The names of the stages of a training, in their order."""
    return [CLASSIFIER, _STAGE] if cfg.classifier == "set" else [_STAGE]


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on a set of pictures.

    Args:
        batches: the batch of step ``i``: ``image`` [B, 3, H, W], -1..1, and with ``classifier`` ``set`` also ``label``
            int64 [B]; B is this process's share of ``cfg.batch``.
        cfg: the settings.
        run: where it runs, reports and is kept; previews show references and what is made of each level of them.

    Returns:
        The moving average of the generator with the classifier, in eval mode, on the run's device.

    Raises:
        Stopped, OutputError: as ``Run.steps``.
        InputError: as ``Run.steps``, or the weights of the classifier are not installed.
    """
    classifier = train_classifier(batches, cfg, run) if cfg.classifier == "set" else None
    trainer = _started(cfg, run, classifier)
    pictures = [batches(i)["image"] for i in range(_MEASURED)]
    first = torch.cat(pictures).to(run.device)
    trainer.net.classifier.eval()
    trainer.net.classifier.measure(first)
    if cfg.known:
        several = (batches(i) for i in range(_CLASSES_MEASURED))
        names = ("image", "label") if cfg.classes else ("image",)
        trainer.net.classifier.measure_classes(
            {name: batch[name].to(run.device) for name in names} for batch in several
        )

    def picture() -> Tensor:
        return preview(trainer.averaged(pictures.__getitem__, len(pictures)), first[:_SHOWN], cfg)

    fit(trainer.step, trainer.state, batches, run, steps=cfg.steps, stage=_STAGE, preview=picture)
    run.reseed("statistics")
    return trainer.averaged(lambda i: batches(i)["image"], _NORMALIZED)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net of the last step that a training in ``run.folder`` saved; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    classifier = ClassifierTrainer(cfg, run.device).net if cfg.classifier == "set" else None
    trainer = resumed(_started(cfg, run, classifier, learning=False), run, cfg.steps, _STAGE)
    return None if trainer is None else trainer.latest()


def _started(cfg: Config, run: Run, classifier: torch.nn.Module | None, *, learning: bool = True) -> Trainer:
    return started(lambda: Trainer(cfg, run.device, classifier, learning=learning), run, _STAGE)


@torch.no_grad()
def preview(net: Net, references: Tensor, cfg: Config) -> Tensor:
    """A row for each reference: the reference, then what is made of each of its levels: [1, 3, H, W], -1..1."""
    features = net.classifier(references)
    generator = torch.Generator().manual_seed(0)
    latent = torch.randn(len(references), cfg.latent, generator=generator).to(references.device)
    columns = [references]
    columns += [generated(net, latent, features, masks_at(level, cfg)) for level in range(len(levels(cfg)))]
    return torch.cat([torch.cat(list(column), dim=1) for column in columns], dim=2)[None]
