"""Several photos trained on at a time, each in a process of its own: one small model leaves most of a machine idle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.files import shown
from calotype.tasks.executor import Task
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.process_pool import ProcessPool, threads
from calotype.tasks.train import TrainingRequest
from calotype.tasks.training import Trained, train_model
from calotype.tasks.worker import TaskContext

if TYPE_CHECKING:
    from calotype.run import Event

_ENOUGH = 0.02  # the share of the work after which its own pace tells more than what was expected
_CORES_OF_ONE = 2  # that one training on the CPU can keep busy
_EVERY = 0.5  # seconds between two reports of one process


@dataclass(frozen=True)
class PhotoTraining:
    """One photo that is to be trained on.

    Attributes:
        photo: its file.
        key: of its model.
        seconds: that the rest of the training is expected to take, alone.
        done: how much an earlier training has done of it, 0..1.
        bytes: main memory that it takes.
    """

    photo: Path
    key: str
    seconds: float
    done: float
    bytes: int

    @classmethod
    def of(cls, photo: Path, model: PhotoModel) -> PhotoTraining:
        """What there is to do for ``model``, which is not finished."""
        done = model.done()
        return cls(photo, model.key, model.cost.seconds * (1 - done), done, model.cost.bytes)


class ParallelTraining:
    """Trainings of one request on several photos, so many at a time.

    The processor's threads are shared out among them. Each leaves the model that it would leave alone with as many
    threads, and can be stopped and gone on with like it.

    Attributes:
        concurrency: how many at a time.
    """

    def __init__(self, asked: TrainingRequest, trainings: Sequence[PhotoTraining], jobs: int) -> None:
        self.concurrency = min(jobs, len(trainings))
        self._asked, self._trainings = asked, list(trainings)
        self._pool = ProcessPool(asked, self.concurrency, jobs=jobs, device=asked.device)
        self._done = [0.0] * len(trainings)  # of what there was to do at the beginning
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ask all of them to stop, from any thread or signal handler: each ends its step and saves."""
        self._pool.stop()

    @property
    def bytes(self) -> int:
        """Main memory that they take at most."""
        return sum(sorted((training.bytes for training in self._trainings), reverse=True)[: self.concurrency])

    @property
    def done(self) -> float:
        """How much of all the work is done, 0..1."""
        whole = sum(training.seconds for training in self._trainings)
        return sum(one.seconds * done for one, done in zip(self._trainings, self._done)) / max(whole, 1e-9)

    @property
    def seconds(self) -> float:
        """How long all will take from now on: by the pace so far, or, where there is none yet, as expected."""
        done = self.done
        if done < _ENOUGH:
            each = [training.seconds for training in self._trainings]
            return max(sum(each) / self._speed_up(), *each) * (1 - done)
        return (time.monotonic() - self._began) / done * (1 - done)

    def _speed_up(self) -> float:
        if self._asked.device != "cpu":
            return self.concurrency
        return max(1.0, min(self.concurrency, threads() / _CORES_OF_ONE))

    def outcomes(self, on_progress: Callable[[], object]) -> Iterator[tuple[PhotoTraining, Trained | Exception]]:
        """Train on all, and hand out what became of each as soon as it has ended.

        Args:
            on_progress: called whenever ``done`` has changed, in the thread that asks for the outcomes.

        Raises:
            Stopped: ``stop`` was called; the same command goes on.
            OutputError: one could not be kept, and so could none of the others, which have stopped.
        """

        def told(task: Task, share: float) -> None:
            training = self._trainings[task.about]
            self._done[task.about] = max(0.0, share - training.done) / max(1 - training.done, 1e-9)
            on_progress()

        self._began = time.monotonic()
        # A photo that is there twice has one model: the second is to find it finished, not locked.
        tasks = [
            Task(TrainTask(training.photo), shown(training.photo), training.key, training.bytes, about=number)
            for number, training in enumerate(self._trainings)
        ]
        for task, outcome in self._pool.outcomes(tasks, told):
            self._done[task.about] = 1.0
            yield self._trainings[task.about], outcome


@dataclass(frozen=True)
class TrainTask:
    """One photo trained on, in whatever process."""

    photo: Path

    def __call__(self, asked: TrainingRequest, context: TaskContext) -> Trained:
        """Train.

        Raises:
            CalotypeError: as ``train``.
        """
        from calotype.run import Run

        model, told = asked.model(self.photo), time.monotonic()

        def heard(event: Event) -> None:
            nonlocal told
            if event.kind == "step" and time.monotonic() - told >= _EVERY:
                told = time.monotonic()
                context.report(model.done_at(event.stage, event.step, event.steps))

        run = Run(seed=asked.seed, device=asked.device, on_event=heard)
        context.attach(run)
        return train_model(model, run)
