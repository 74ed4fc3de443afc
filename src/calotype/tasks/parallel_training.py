"""Train on several photos in parallel, each in its own process, as one small model does not use all CPU cores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.files import shown
from calotype.tasks.eta import remaining
from calotype.tasks.executor import Task
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.process_pool import ProcessPool, threads
from calotype.tasks.training import Trained, train_model
from calotype.tasks.training_request import TrainingRequest
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Event

_CORES_PER_TRAINING = 2  # number of CPU cores that one training uses effectively
_REPORT_INTERVAL = 0.5  # seconds between two progress reports of one process


@dataclass(frozen=True)
class PhotoTraining:
    """The pending training on one photo.

    Attributes:
        photo: the photo file.
        key: key of the model.
        seconds: estimated remaining time, run alone.
        done: fraction of the work that an earlier run has saved, 0..1.
        bytes: main memory that the training needs.
    """

    photo: Path
    key: str
    seconds: float
    done: float
    bytes: int

    @classmethod
    def of(cls, photo: Path, model: PhotoModel) -> PhotoTraining:
        """The pending training of ``model``, which is not finished."""
        done = model.done()
        return cls(photo, model.key, model.cost.seconds * (1 - done), done, model.cost.bytes)


class ParallelTraining:
    """Trainings of one request on several photos, a limited number at a time.

    The CPU threads are divided among them. Each gives the same model as a single training with as many threads, and
    can be stopped and resumed in the same way.

    Attributes:
        concurrency: maximum number of running trainings.
    """

    def __init__(self, request: TrainingRequest, trainings: Sequence[PhotoTraining], jobs: int) -> None:
        self.concurrency = min(jobs, len(trainings))
        self._request, self._trainings = request, list(trainings)
        self._pool = ProcessPool(request, self.concurrency, jobs=jobs, device=request.device)
        self._done = [0.0] * len(trainings)  # fraction of the work that was pending at the start
        self._began = time.monotonic()

    def stop(self) -> None:
        """Request a stop, from any thread or signal handler: each task finishes its step and saves."""
        self._pool.stop()

    @property
    def bytes(self) -> int:
        """Maximum main memory that the running trainings need together."""
        return sum(sorted((training.bytes for training in self._trainings), reverse=True)[: self.concurrency])

    @property
    def done(self) -> float:
        """Fraction of all the work that is done, 0..1."""
        total = sum(training.seconds for training in self._trainings)
        return sum(one.seconds * done for one, done in zip(self._trainings, self._done)) / max(total, 1e-9)

    @property
    def seconds(self) -> float:
        """Estimated remaining time, seconds, see ``eta.remaining``."""
        done, each = self.done, [training.seconds for training in self._trainings]
        expected = max([sum(each) / self._speed_up(), *each]) * (1 - done)
        return remaining(expected, 1 - done, done, time.monotonic() - self._began)

    def _speed_up(self) -> float:
        if self._request.device != "cpu":
            return self.concurrency
        return max(1.0, min(self.concurrency, threads() / _CORES_PER_TRAINING))

    def outcomes(self, on_progress: Callable[[], object]) -> Iterator[tuple[PhotoTraining, Trained | Exception]]:
        """Train on all photos, and yield each with its outcome as soon as it has ended.

        Args:
            on_progress: called whenever ``done`` has changed, in the thread that iterates over the outcomes.

        Raises:
            Stopped: ``stop`` was called; the same command resumes.
            OutputError: a model could not be saved; the others were stopped.
        """

        def on_task_progress(task: Task, share: float) -> None:
            training = self._trainings[task.about]
            self._done[task.about] = max(0.0, share - training.done) / max(1 - training.done, 1e-9)
            on_progress()

        self._began = time.monotonic()
        # Equal photos have one model and one key, so the second finds it finished instead of locked.
        tasks = [
            Task(TrainTask(training.photo), shown(training.photo), training.key, training.bytes, about=number)
            for number, training in enumerate(self._trainings)
        ]
        for task, outcome in self._pool.outcomes(tasks, on_task_progress):
            self._done[task.about] = 1.0
            yield self._trainings[task.about], outcome


@dataclass(frozen=True)
class TrainTask:
    """The training on one photo, in a worker process."""

    photo: Path

    def __call__(self, request: TrainingRequest, context: TaskContext) -> Trained:
        """Train on the photo.

        Raises:
            CalotypeError: as for ``train``.
        """
        from calotype.run import Run

        model, last_report = request.model(self.photo), time.monotonic()

        def on_event(event: Event) -> None:
            nonlocal last_report
            if event.kind == "step" and time.monotonic() - last_report >= _REPORT_INTERVAL:
                last_report = time.monotonic()
                context.report(model.done_at(event.stage, event.step, event.steps))

        run = Run(seed=request.seed, device=request.device, on_event=on_event)
        context.attach(run)
        return train_model(model, run)
