"""Several photos trained on at a time, each in a process of its own: one small model leaves most of a machine idle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calotype.files import shown
from calotype.tasks.executor import Task, TaskContext
from calotype.tasks.photo_model import PhotoModel
from calotype.tasks.process_pool import Pool, threads
from calotype.tasks.train import Trained, TrainingRequest, trained

if TYPE_CHECKING:
    from calotype.run import Event

_ENOUGH = 0.02  # the share of the work after which its own pace tells more than what was expected
_CORES_OF_ONE = 2  # that one training on the CPU can keep busy


@dataclass(frozen=True)
class TrainingTask:
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
    def of(cls, photo: Path, model: PhotoModel) -> TrainingTask:
        """What there is to do for ``model``, which is not finished."""
        done = model.done()
        return cls(photo, model.key, model.cost.seconds * (1 - done), done, model.cost.bytes)


class ParallelTraining:
    """Trainings of one course on several photos, so many at a time.

    The processor's threads are shared out among them. Each leaves the model that it would leave alone with as many
    threads, and can be stopped and gone on with like it.

    Attributes:
        at_once: how many at a time.
    """

    def __init__(self, training_request: TrainingRequest, pending_training: Sequence[TrainingTask], jobs: int) -> None:
        self.at_once = min(jobs, len(pending_training))
        self._course, self._lessons = training_request, list(pending_training)
        self._pool = Pool(training_request, self.at_once, jobs=jobs, device=training_request.device)
        self._done = [0.0] * len(pending_training)  # of what there was to do at the beginning
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ask all of them to stop, from any thread or signal handler: each ends its step and saves."""
        self._pool.stop()

    @property
    def bytes(self) -> int:
        """Main memory that they take at most."""
        return sum(sorted((training.bytes for training in self._lessons), reverse=True)[: self.at_once])

    @property
    def done(self) -> float:
        """How much of all the work is done, 0..1."""
        whole = sum(training.seconds for training in self._lessons)
        return sum(training.seconds * done for training, done in zip(self._lessons, self._done)) / max(whole, 1e-9)

    @property
    def seconds(self) -> float:
        """How long all will take from now on: by the pace so far, or, where there is none yet, as expected."""
        done = self.done
        if done < _ENOUGH:
            whole = sum(training.seconds for training in self._lessons)
            return max(whole / self._speed_up(), *(training.seconds for training in self._lessons)) * (1 - done)
        return (time.monotonic() - self._began) / done * (1 - done)

    def _speed_up(self) -> float:
        if self._course.device != "cpu":
            return self.at_once
        return max(1.0, min(self.at_once, threads() / _CORES_OF_ONE))

    def outcomes(self, heard: Callable[[], object]) -> Iterator[tuple[TrainingTask, Trained | Exception]]:
        """Train on all, and hand out what became of each as soon as it has ended.

        Args:
            heard: called whenever ``done`` has changed, in the thread that asks for the outcomes.

        Raises:
            Stopped: ``stop`` was called; the same command goes on.
            OutputError: one could not be kept, and so could none of the others, which have stopped.
        """

        def told(task: Task, share: float) -> None:
            training = self._lessons[task.about]
            self._done[task.about] = max(0.0, share - training.done) / max(1 - training.done, 1e-9)
            heard()

        self._began = time.monotonic()
        # A photo that is there twice has one model: the second is to find it finished, not locked.
        tasks = [
            Task(_Training(training.photo), shown(training.photo), training.key, training.bytes, about=number)
            for number, training in enumerate(self._lessons)
        ]
        for task, outcome in self._pool.outcomes(tasks, told):
            self._done[task.about] = 1.0
            yield self._lessons[task.about], outcome


@dataclass(frozen=True)
class _Training:
    """One photo trained on, in whatever process."""

    photo: Path

    def __call__(self, training_request: TrainingRequest, desk: TaskContext) -> Trained:
        from calotype.run import Run

        model = training_request.model(self.photo)

        def event(event: Event) -> None:
            if event.kind == "step":
                desk.tell(model.done_at(event.stage, event.step, event.steps))

        run = Run(seed=training_request.seed, device=training_request.device, on_event=event)
        desk.heed(run)
        return trained(model, run)
