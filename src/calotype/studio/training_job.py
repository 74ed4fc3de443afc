"""A job that trains: an engine on a photo, or on each of a set, or a model on a whole data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import MODELS
from calotype.catalog import model as model_of
from calotype.errors import InputError, Stopped
from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.tasks.dataset_model import DatasetModel
from calotype.tasks.progress import Training
from calotype.tasks.train import dataset_training_request, training_request
from calotype.tasks.train import train as train_verb
from calotype.tasks.training import train_model
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Run


def models(given: Mapping[str, Any]) -> list[Training]:
    """What is to be trained, finished or not: one model, or one for each photo of a set.

    Raises:
        InputError: an argument cannot be used.
    """
    rest = all_arguments(train_verb, given)
    photo, engine = rest.pop("photo"), rest.pop("engine")
    if engine in MODELS:
        if not Path(photo).is_dir():
            raise InputError(f"{engine} learns from many photos: choose a set of them")
        rest.pop("device")
        return [dataset_training_request(engine, photo, **rest)]
    asked = training_request(engine, **rest, several=Path(photo).is_dir())
    return [asked.model(path) for path, _ in photos_of(photo)]


def train(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Train; see ``job_runner.do``."""
    progress = Progress(spec.place, tell)
    wanted = models(spec.arguments)
    run = spec.run(context, progress)
    progress.expect(0.0, 0, 0, [model.cost.seconds * (1 - model.done()) for model in wanted])
    for number, model in enumerate(wanted, 1):
        if isinstance(model, DatasetModel):
            _decode(model, run, progress)
        progress.training(model, "" if len(wanted) == 1 else f"photo {number} of {len(wanted)}")
        tell({"model": train_model(model, run).folder.name})


def _decode(model: DatasetModel, run: Run, progress: Progress) -> None:
    """Bring the photos to the size that is learned from: once, and where there are thousands it takes a while."""

    def decoded(done: int, count: int) -> None:
        if run.stopping:
            raise Stopped("stopped while the photos were decoded")
        progress.counted("decoding the photos", done, count)

    if not model.finished:
        model.photos.opened(model_of(model.engine).picture_size(model.config), decoded)


def estimate(given: Mapping[str, Any]) -> tuple[float, int, list[str]]:
    """Seconds, bytes of memory, and the system that is trained."""
    todo = [model for model in models(given) if not model.finished]
    seconds = sum(model.cost.seconds * (1 - model.done()) for model in todo)
    return seconds, max([0, *(model.cost.bytes for model in todo)]), [given["engine"]] if todo else []
