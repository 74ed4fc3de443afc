"""Training of the first task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from calotype.models.lifelong.config import Config
from calotype.models.lifelong.network import Net
from calotype.models.lifelong.teaching import extended
from calotype.run import Run
from calotype.translation import config, net, training
from calotype.translation.training import Batches


def adapted(cfg: Config, about: Mapping[str, Any]) -> Config:
    """The settings for a data set, whose name becomes that of the first task; see ``calotype.translation.config``."""
    name = str(about.get("name") or "task 1")
    return replace(config.adapted(cfg, about), tasks=(name,), locked=(False,))


def train(batches: Batches, cfg: Config, run: Run) -> Net:
    """Train the first task, as BicycleGAN; see ``calotype.translation.training.train``."""
    return _finished(training.train(batches, cfg, run), cfg, run)


def unfinished(cfg: Config, run: Run) -> Net | None:
    """The net as a training in ``run.folder`` last saved it; ``None`` where nothing is saved.

    Raises:
        InputError: what was saved is damaged, or from other settings.
    """
    found = training.unfinished(cfg, run)
    return None if found is None else _finished(found, cfg, run)


def _finished(found: net.Net, cfg: Config, run: Run) -> Net:
    return extended(found, cfg).to(run.device).requires_grad_(False).eval()
