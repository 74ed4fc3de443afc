"""Pieces of work that other processes do, several at a time: which is begun when, and what becomes of lost ones."""

from __future__ import annotations

import pickle
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from calotype.errors import CalotypeError, OutputError, Stopped

if TYPE_CHECKING:
    from calotype.run import Run

POLL_SECONDS = 0.2  # seconds after which somebody's wish to stop is noticed


class WorkerDied(CalotypeError):  # noqa: N818  (what happened to the task)
    """The process that did a task ended before the task did."""


class TaskContext:
    """What a piece of work has of whoever asked for it. This one belongs to nobody: it hears and wishes nothing."""

    def tell(self, share: float) -> None:
        """Say how much of the work is done, 0..1."""

    def heed(self, run: Run) -> None:
        """Stop ``run`` when that is wished, or when nobody is there any more who could wish it."""


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work.

    Attributes:
        work: called with what all tasks share and with a ``Desk``. It travels, and so does what it hands out.
        subject: what it works on, for messages.
        key: no two tasks of the same key are at work at a time; empty where that does not matter.
        bytes: main memory that it takes.
        about: what it belongs to; stays here.
    """

    work: Callable[[Any, TaskContext], Any]
    subject: str
    key: str = ""
    bytes: int = 0
    about: Any = None


class Executor(ABC):
    """Those who do tasks, so many at a time.

    Attributes:
        at_once: how many at a time.
        free: main memory that there was for all of them before they began, in bytes; ``None`` where it is not counted.
        stopping: whether somebody has asked them to stop.
        far: whether they may have other disks than this process.
    """

    far: ClassVar[bool] = False

    def __init__(self, at_once: int, *, tries: int = 1, free: int | None = None) -> None:
        """Nobody works yet.

        Args:
            at_once: how many tasks at a time.
            tries: how often a task is begun whose process ends before it does.
            free: main memory for all of them together, in bytes; ``None`` where that is not to be counted.
        """
        self.at_once = at_once
        self._tries, self.free = tries, free
        self._at_work: list[Task] = []
        self._waiting: list[Task] = []  # those that could not begin beside the ones at work
        self._lost: list[Task] = []
        self._begun: Counter[Task] = Counter()
        self.stopping = False

    def stop(self) -> None:
        """Ask all of them to stop, from any thread or signal handler: each ends its step and saves."""
        self.stopping = True

    def outcomes(
        self, tasks: Iterable[Task], heard: Callable[[Task, float], object] = lambda task, share: None
    ) -> Generator[tuple[Task, Any]]:
        """Do all tasks, and hand out what became of each as soon as it has ended: what it made, or an exception.

        Args:
            tasks: taken one by one, hardly sooner than they can begin.
            heard: called with what tasks tell of how far they are, in the thread that asks for the outcomes.

        Raises:
            Stopped: ``stop`` was called.
            OutputError: one could not write what it must, and so could none of the others, which have stopped.
        """
        coming = iter(tasks)
        try:
            while self._begin(coming):
                for task, said in self._said():
                    if isinstance(said, float):
                        heard(task, said)
                        continue
                    self._at_work.remove(task)
                    if isinstance(said, OutputError):
                        self._drain()
                        raise said
                    if isinstance(said, WorkerDied) and self._begun[task] < self._tries:
                        self._lost.append(task)
                    elif not isinstance(said, Stopped):
                        yield task, said
        finally:
            self.close()
        if self.stopping:
            raise Stopped("stopped: run the same command again to go on")

    def _begin(self, coming: Iterator[Task]) -> bool:
        """Begin as many as there is room for. Returns whether any is at work."""
        while not self.stopping and len(self._at_work) < self.at_once:
            task = self._next(coming)
            if task is None:
                break
            self._at_work.append(task)
            self._begun[task] += 1
            self._start(task)
        return bool(self._at_work)

    def _next(self, coming: Iterator[Task]) -> Task | None:
        """The next that can begin beside those at work."""
        waited = next(filter(self._fits, self._waiting), None)
        if waited is not None:
            self._waiting.remove(waited)
            return waited
        while len(self._waiting) <= self.at_once:  # no further ahead: each holds a photo in memory
            task = next(coming, None)
            if task is None:
                break
            if self._fits(task):
                return task
            self._waiting.append(task)
        # Last of all and alone, since what ended the process may have been that all together were too much.
        return self._lost.pop(0) if self._lost and not self._at_work else None

    def _fits(self, task: Task) -> bool:
        """Whether it can begin beside those that are at work."""
        if task.key and any(other.key == task.key for other in self._at_work):
            return False
        # What others have not taken yet, but will.
        taken = sum(other.bytes for other in self._at_work)
        return not self._at_work or self.free is None or taken + task.bytes <= self.free

    def _drain(self) -> None:
        """Have all that are at work stop, and wait for it."""
        self.stop()
        while self._at_work:
            for task, said in self._said():
                if not isinstance(said, float):
                    self._at_work.remove(task)

    @abstractmethod
    def _start(self, task: Task) -> None:
        """Have it begun."""

    @abstractmethod
    def _said(self) -> list[tuple[Task, Any]]:
        """Wait a moment for those at work, passing on a wish to stop: a share for what goes on, else the outcome."""

    @abstractmethod
    def close(self) -> None:
        """Let everybody go, and end what is still at work at once."""


def outcome_of(work: bytes, shared: bytes, desk: TaskContext) -> Any:
    """What pickled ``work`` hands out or raises, so that it can be sent to another process."""
    try:
        return pickle.loads(work)(pickle.loads(shared), desk)
    except Exception as error:
        return _that_travels(error)


def _that_travels(error: Exception) -> Exception:
    """``error`` with its traceback as a note; as text alone where it cannot be sent to another process."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    return error
