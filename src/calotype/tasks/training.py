"""Run a training: the single entry point for all front ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.errors import Stopped
from calotype.tasks import model_lock

if TYPE_CHECKING:
    from calotype.run import Run
    from calotype.tasks.progress import Training

_POLL_SECONDS = 1.0  # between two checks whether another process has finished the model


@dataclass(frozen=True)
class Trained:
    """A finished model.

    Attributes:
        folder: folder of the model, for ``calotype.load`` and the argument ``model`` of the verbs.
        engine: name of the engine, or of the model's system.
        photo: name of the photo, or of the data set.
        new: whether this call trained the model or resumed its training.
        seconds: time that the call took.
    """

    folder: Path
    engine: str
    photo: str
    new: bool
    seconds: float


def train_model(model: Training, run: Run, *, wait: bool = False) -> Trained:
    """Train a model or resume its training; do nothing if it is finished.

    Args:
        model: a model of a photo or of a data set.
        run: device, progress reports and stop requests.
        wait: if another process trains the model, wait for it instead of raising an error.

    Raises:
        Busy: another process trains the model, and ``wait`` is false.
        InputError: the training data cannot be used.
        OutputError: the model cannot be saved.
        Stopped: the run was stopped; the same call resumes the training.
    """
    began, new = time.perf_counter(), not model.finished
    if not new:
        model.tidy()
    while new:
        try:
            model.train(run)
            break
        except model_lock.Busy:
            if not wait:
                raise
            if run.stopping:
                raise Stopped("stopped: run the same command again to resume") from None
            time.sleep(_POLL_SECONDS)
    return Trained(model.folder, model.engine, model.subject, new, time.perf_counter() - began)
