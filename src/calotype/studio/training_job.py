"""Training jobs: an engine on one photo or each photo of a set, or a model on a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.catalog import MODELS, config_from, default_preset, settings_of
from calotype.catalog import model as model_of
from calotype.errors import InputError, Stopped
from calotype.studio.job_progress import Progress
from calotype.studio.job_spec import JobSpec, Tell, all_arguments, photos_of
from calotype.studio.times import Times, work_key
from calotype.tasks.dataset_model import DatasetModel
from calotype.tasks.progress import Training
from calotype.tasks.train import train as train_verb
from calotype.tasks.training import train_model
from calotype.tasks.training_request import (
    check_no_start,
    check_of_photos,
    check_trained,
    dataset_training_request,
    training_request,
)
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Run


def check(given: Mapping[str, Any]) -> None:
    """Check what the arguments alone tell, without torch.

    Raises:
        InputError: the training would be refused.
    """
    several = Path(given["photo"]).is_dir()
    if given["engine"] in MODELS:
        if not several:
            raise InputError(f"{given['engine']} is trained on a data set: choose a set")
        check_of_photos(given["engine"], given)
    else:
        check_trained(given["engine"], given.get("labels"), several=several)
    preset = given.get("preset") or default_preset(given["engine"])
    config_from(settings_of(given["engine"]), preset, given.get("settings") or {})


def models(given: Mapping[str, Any]) -> list[Training]:
    """The models to train, finished or not: one, or one for each photo of a set.

    Raises:
        InputError: an argument is invalid.
    """
    check(given)
    rest = all_arguments(train_verb, given)
    photo, engine = rest.pop("photo"), rest.pop("engine")
    if engine in MODELS:
        rest.pop("device")
        return [dataset_training_request(engine, photo, **rest)]
    check_no_start(engine, rest.pop("start"), rest.pop("freeze_d"))
    request = training_request(engine, **rest, several=Path(photo).is_dir())
    return [request.model(path) for path, _ in photos_of(photo)]


def train(spec: JobSpec, context: TaskContext, tell: Tell) -> None:
    """Run a training job; see ``job_runner.do``."""
    progress = Progress(spec.place, tell, spec.times)
    to_train = models(spec.arguments)
    run = spec.run(context, progress)
    progress.expect("train", 0.0, 0, 0, [(model.engine, model.cost.seconds * (1 - model.done())) for model in to_train])
    with progress.ticking():
        for number, model in enumerate(to_train, 1):
            if isinstance(model, DatasetModel):
                _decode(model, run, progress)
            progress.training(model, "" if len(to_train) == 1 else f"photo {number} of {len(to_train)}")
            tell({"model": train_model(model, run).folder.name})


def _decode(model: DatasetModel, run: Run, progress: Progress) -> None:
    """Decode and resize the photos to the training size, with progress reports; the result is cached."""

    def decoded(done: int, count: int) -> None:
        if run.stopping:
            raise Stopped("stopped while decoding the photos")
        progress.counted("decoding the photos", done, count)

    if not model.finished:
        model.photos.opened(model_of(model.engine).picture_size(model.config), decoded)


def estimate(given: Mapping[str, Any], times: Times) -> tuple[float, int, list[str]]:
    """Estimated time (seconds) and memory (bytes), and the names of the systems to train."""
    todo = [model for model in models(given) if not model.finished]
    seconds = sum(expected_seconds(model, times) for model in todo)
    return seconds, max([0, *(model.cost.bytes for model in todo)]), [given["engine"]] if todo else []


def expected_seconds(model: Training, times: Times) -> float:
    """Expected time of what is left of a training, seconds, on this machine."""
    return times.corrected(work_key("train", model.engine), model.cost.seconds) * (1 - model.done())
