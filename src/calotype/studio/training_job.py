"""A job that trains: an engine on a photo, or on each of a set, or a model on a whole set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import MODELS
from calotype.errors import InputError, Stopped
from calotype.studio.job_progress import Progress, Tell
from calotype.studio.job_runner import RunFor, all_arguments, photos_of

if TYPE_CHECKING:
    from calotype.run import Run
    from calotype.tasks.dataset_model import DatasetModel
    from calotype.tasks.photo_model import PhotoModel


def models(given: Mapping[str, Any]) -> list[PhotoModel | DatasetModel]:
    """What is to be trained, finished or not: one model, or one for each photo of a set.

    Raises:
        InputError: an argument cannot be used.
    """
    from calotype.tasks.train import dataset_training_request, train, training_request

    rest = all_arguments(train, given)
    photo, engine = rest.pop("photo"), rest.pop("engine")
    if engine in MODELS:
        if not Path(photo).is_dir():
            raise InputError(f"{engine} learns from many photos: choose a set of them")
        rest.pop("device")
        return [dataset_training_request(engine, photo, **rest)]
    asked = training_request(engine, **rest, several=Path(photo).is_dir())
    return [asked.model(path) for path, _ in photos_of(photo)]


def train(spec: Mapping[str, Any], run_for: RunFor, tell: Tell) -> None:
    """Train; see ``doing.do``."""
    from calotype.tasks.dataset_model import DatasetModel
    from calotype.tasks.train import trained

    given = spec["arguments"]
    progress = Progress(Path(spec["place"]), tell)
    wanted = models(given)
    run = run_for(seed=int(given.get("seed") or 0), device=given.get("device") or "auto", on_event=progress)
    pending_training = [model.cost.seconds * (1 - model.done()) for model in wanted]
    progress.expect(0.0, 0, 0, pending_training)
    for number, model in enumerate(wanted, 1):
        if isinstance(model, DatasetModel):
            _look(model, run, progress)
        progress.training(model, "" if len(wanted) == 1 else f"photo {number} of {len(wanted)}")
        tell({"model": trained(model, run).folder.name})


def _look(model: DatasetModel, run: Run, progress: Progress) -> None:
    """Bring the photos to the size that is learned from: once, and where there are thousands it takes a while."""
    from calotype.catalog import model as model_of
    from calotype.data.folder import Folder

    def looked(done: int, count: int) -> None:
        if run.stopping:
            raise Stopped("stopped while the photos were looked at")
        progress.counted("looking at the photos", done, count)

    if not model.finished:
        Folder(model.photos.folder, model_of(model.system).picture_size(model.config), on_progress=looked)


def estimate(given: Mapping[str, Any]) -> tuple[float, int, list[str]]:
    """Seconds, bytes of memory, and by what is learned."""
    todo = [model for model in models(given) if not model.finished]
    seconds = sum(model.cost.seconds * (1 - model.done()) for model in todo)
    return seconds, max([0, *(model.cost.bytes for model in todo)]), [given["engine"]] if todo else []
