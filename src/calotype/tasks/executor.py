"""Executors: run tasks in other processes, schedule them by memory, and retry those whose process died."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from calotype.errors import CalotypeError, OutputError, Stopped
from calotype.tasks.worker import Work

POLL_SECONDS = 0.2  # interval between checks for a stop request


class WorkerDied(CalotypeError):  # noqa: N818  (named after the event)
    """The worker process of a task ended before the task was done."""


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work for another process.

    Attributes:
        work: called with the shared argument and a ``TaskContext``; both it and its result must be picklable.
        subject: name of the input, for messages.
        key: tasks with the same key do not run at the same time; empty for no restriction.
        bytes: main memory that the task needs.
        about: data of the caller, not sent to the process.
    """

    work: Work
    subject: str
    key: str = ""
    bytes: int = 0
    about: Any = None


class Executor(ABC):
    """Runs a limited number of tasks at a time in other processes.

    Attributes:
        concurrency: maximum number of running tasks.
        free: main memory available to all tasks together, bytes; ``None`` if it is not limited.
        stopping: whether a stop was requested.
        ahead: number of tasks that are handed over beside those that run, where something else sees to it that no more
            than ``concurrency`` run; no process then waits for its next task.
        far: whether the processes may run on other machines, without access to this one's disks.
    """

    far: ClassVar[bool] = False

    def __init__(self, concurrency: int, *, attempts: int = 1, free: int | None = None) -> None:
        """Create the executor; no task is started yet.

        Args:
            concurrency: number of tasks at a time.
            attempts: maximum number of times that a task is started if its process dies.
            free: main memory for all tasks together, bytes; ``None`` for no limit.
        """
        self.concurrency = concurrency
        self._attempts, self.free = attempts, free
        self._running: list[Task] = []
        self._waiting: list[Task] = []  # read, but not startable beside the running tasks
        self._retries: list[Task] = []
        self._attempts_made: Counter[Task] = Counter()
        self.stopping, self.ahead = False, 0

    def stop(self) -> None:
        """Request a stop, from any thread or signal handler: each task finishes its step and saves."""
        self.stopping = True

    def outcomes(
        self, tasks: Iterable[Task], on_progress: Callable[[Task, float], object] = lambda task, share: None
    ) -> Generator[tuple[Task, Any]]:
        """Run all tasks and yield each with its outcome, its result or an exception, as soon as it has ended.

        Args:
            tasks: read lazily, about as fast as they can be started.
            on_progress: called with a task and the fraction of it that is done, 0..1, in the iterating thread.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: a task could not write its output; the others were stopped.
        """
        pending = iter(tasks)
        try:
            while self._start_next(pending):
                for task, message in self._messages():
                    if isinstance(message, float):
                        on_progress(task, message)
                        continue
                    self._running.remove(task)
                    if isinstance(message, OutputError):
                        self._drain()
                        raise message
                    if isinstance(message, WorkerDied) and self._attempts_made[task] < self._attempts:
                        self._retries.append(task)
                    elif not isinstance(message, Stopped):
                        yield task, message
        finally:
            self.close()
        if self.stopping:
            raise Stopped("stopped: run the same command again to resume")

    def _start_next(self, pending: Iterator[Task]) -> bool:
        """Start as many tasks as possible; return whether any is running."""
        while not self.stopping and len(self._running) < self.concurrency + self.ahead:
            task = self._next(pending)
            if task is None:
                break
            self._running.append(task)
            self._attempts_made[task] += 1
            self._start(task)
        return bool(self._running)

    def _next(self, pending: Iterator[Task]) -> Task | None:
        """The next task that can run beside the running ones."""
        ready = next(filter(self._fits, self._waiting), None)
        if ready is not None:
            self._waiting.remove(ready)
            return ready
        while len(self._waiting) <= self.concurrency:  # limited, as each task holds a photo in memory
            task = next(pending, None)
            if task is None:
                break
            if self._fits(task):
                return task
            self._waiting.append(task)
        # Retried last and alone, as the process may have died because all tasks together needed too much memory.
        return self._retries.pop(0) if self._retries and not self._running else None

    def _fits(self, task: Task) -> bool:
        """Whether the task can run beside the running ones."""
        if task.key and any(other.key == task.key for other in self._running):
            return False
        # Counts memory that the running tasks will need but may not have allocated yet.
        reserved = sum(other.bytes for other in self._running)
        return not self._running or self.free is None or reserved + task.bytes <= self.free

    def _drain(self) -> None:
        """Stop all running tasks and wait until they have ended."""
        self.stop()
        while self._running:
            for task, message in self._messages():
                if not isinstance(message, float):
                    self._running.remove(task)

    @abstractmethod
    def _start(self, task: Task) -> None:
        """Start a task in a process."""

    @abstractmethod
    def _messages(self) -> list[tuple[Task, Any]]:
        """Forward a stop request, wait briefly, and return the tasks' messages: fractions done (float) and outcomes."""

    @abstractmethod
    def close(self) -> None:
        """Release all processes; kill those that still run a task."""
