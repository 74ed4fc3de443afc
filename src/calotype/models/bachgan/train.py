"""Training, and what is left of an unfinished training."""

from __future__ import annotations

from calotype.models.bachgan.config import Config
from calotype.models.bachgan.network import build
from calotype.run import Run
from calotype.semantic import training
from calotype.semantic.network import Net
from calotype.semantic.training import Batches


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train on pictures with label maps; see ``calotype.semantic.training.train``."""
    return training.train(batches, cfg, run, build)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    return training.unfinished(cfg, run, build)
