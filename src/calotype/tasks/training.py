"""The one place where models are trained, whoever asks for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.errors import Stopped
from calotype.tasks import model_store

if TYPE_CHECKING:
    from calotype.run import Run
    from calotype.tasks.progress import Training

_POLL_SECONDS = 1.0  # between two looks whether another process has trained the model


@dataclass(frozen=True)
class Trained:
    """A finished model.

    Attributes:
        folder: where it is; ``calotype.load`` reads it, and verbs take it as ``model``.
        engine: name of the engine, or of the model.
        photo: name of the photo, or of the set of photos.
        new: whether it was trained, or gone on with, just now.
        seconds: that this took.
    """

    folder: Path
    engine: str
    photo: str
    new: bool
    seconds: float


def train_model(model: Training, run: Run, *, wait: bool = False) -> Trained:
    """Train a model, or go on with it; nothing is done where it is finished.

    Args:
        model: of a photo or of a data set.
        run: where it runs, reports, and is stopped from.
        wait: where another process trains it, wait for that instead of refusing.

    Raises:
        Busy: another process trains it, and ``wait`` is false.
        InputError: what it learns from cannot be used.
        OutputError: it cannot be kept.
        Stopped: the run was asked to stop; the same call goes on.
    """
    began, new = time.perf_counter(), not model.finished
    while new:
        try:
            model.train(run)
            break
        except model_store.Busy:
            if not wait:
                raise
            if run.stopping:
                raise Stopped("stopped: run the same command again to go on") from None
            time.sleep(_POLL_SECONDS)
    return Trained(model.folder, model.engine, model.subject, new, time.perf_counter() - began)
