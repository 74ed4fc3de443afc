"""Tasks that other processes do, several at a time: which is begun when, and what becomes of lost ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from calotype.errors import CalotypeError, OutputError, Stopped
from calotype.tasks.worker import Work

POLL_SECONDS = 0.2  # after which a wish to stop is noticed


class WorkerDied(CalotypeError):  # noqa: N818  (what happened to the task)
    """The process that did a task ended before the task did."""


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work for another process.

    Attributes:
        work: called with what all tasks share and with a ``TaskContext``. It travels, and so does what it gives.
        subject: what it works on, for messages.
        key: no two tasks of the same key are run at a time; empty where that does not matter.
        bytes: main memory that it takes.
        about: what it belongs to; stays here.
    """

    work: Work
    subject: str
    key: str = ""
    bytes: int = 0
    about: Any = None


class Executor(ABC):
    """Runs tasks in other processes, so many at a time.

    Attributes:
        concurrency: how many at a time.
        free: main memory that there was for all of them before they began, in bytes; ``None`` where it is not counted.
        stopping: whether somebody has asked them to stop.
        far: whether they may have other disks than this process.
    """

    far: ClassVar[bool] = False

    def __init__(self, concurrency: int, *, attempts: int = 1, free: int | None = None) -> None:
        """Nothing runs yet.

        Args:
            concurrency: how many tasks at a time.
            attempts: how often a task is begun whose process ends before it does.
            free: main memory for all of them together, in bytes; ``None`` where that is not to be counted.
        """
        self.concurrency = concurrency
        self._attempts, self.free = attempts, free
        self._running: list[Task] = []
        self._waiting: list[Task] = []  # those that could not begin beside the running ones
        self._lost: list[Task] = []
        self._begun: Counter[Task] = Counter()
        self.stopping = False

    def stop(self) -> None:
        """Ask all of them to stop, from any thread or signal handler: each ends its step and saves."""
        self.stopping = True

    def outcomes(
        self, tasks: Iterable[Task], on_progress: Callable[[Task, float], object] = lambda task, share: None
    ) -> Generator[tuple[Task, Any]]:
        """Run all tasks, and hand out what became of each as soon as it has ended: what it gave, or an exception.

        Args:
            tasks: taken one by one, hardly sooner than they can begin.
            on_progress: called with the share of a task that is done, 0..1, in the thread that asks for the outcomes.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: one could not write what it must, and so could none of the others, which have stopped.
        """
        coming = iter(tasks)
        try:
            while self._begin(coming):
                for task, message in self._messages():
                    if isinstance(message, float):
                        on_progress(task, message)
                        continue
                    self._running.remove(task)
                    if isinstance(message, OutputError):
                        self._drain()
                        raise message
                    if isinstance(message, WorkerDied) and self._begun[task] < self._attempts:
                        self._lost.append(task)
                    elif not isinstance(message, Stopped):
                        yield task, message
        finally:
            self.close()
        if self.stopping:
            raise Stopped("stopped: run the same command again to go on")

    def _begin(self, coming: Iterator[Task]) -> bool:
        """Begin as many as there is room for. Returns whether any is running."""
        while not self.stopping and len(self._running) < self.concurrency:
            task = self._next(coming)
            if task is None:
                break
            self._running.append(task)
            self._begun[task] += 1
            self._start(task)
        return bool(self._running)

    def _next(self, coming: Iterator[Task]) -> Task | None:
        """The next that can begin beside the running ones."""
        waited = next(filter(self._fits, self._waiting), None)
        if waited is not None:
            self._waiting.remove(waited)
            return waited
        while len(self._waiting) <= self.concurrency:  # no further ahead: each holds a photo in memory
            task = next(coming, None)
            if task is None:
                break
            if self._fits(task):
                return task
            self._waiting.append(task)
        # Last of all and alone, since what ended the process may have been that all together were too much.
        return self._lost.pop(0) if self._lost and not self._running else None

    def _fits(self, task: Task) -> bool:
        """Whether it can begin beside the running ones."""
        if task.key and any(other.key == task.key for other in self._running):
            return False
        # What others have not taken yet, but will.
        taken = sum(other.bytes for other in self._running)
        return not self._running or self.free is None or taken + task.bytes <= self.free

    def _drain(self) -> None:
        """Have all that are running stop, and wait for it."""
        self.stop()
        while self._running:
            for task, message in self._messages():
                if not isinstance(message, float):
                    self._running.remove(task)

    @abstractmethod
    def _start(self, task: Task) -> None:
        """Have it begun."""

    @abstractmethod
    def _messages(self) -> list[tuple[Task, Any]]:
        """Wait a moment for the running ones, passing on a wish to stop: a share for what goes on, else the outcome."""

    @abstractmethod
    def close(self) -> None:
        """Let every process go, and end what is still running at once."""
