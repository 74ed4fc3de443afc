"""Several photos trained on at a time, each in a process of its own: one small model leaves most of a machine idle."""

from __future__ import annotations

import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from calotype.errors import CalotypeError, OutputError, Stopped
from calotype.files import shown
from calotype.tasks.memory import available_bytes
from calotype.tasks.train import Course, Trained, trained
from calotype.tasks.trained import Model

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from calotype.run import Event

_LOOK = 0.2  # seconds after which somebody's wish to stop is noticed
_EVERY = 0.5  # seconds between two reports of one process
_ENOUGH = 0.02  # the share of the work after which its own pace tells more than what was expected
_CORES_OF_ONE = 2  # that one training on the CPU can keep busy


@dataclass(frozen=True)
class Lesson:
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
    def of(cls, photo: Path, model: Model) -> Lesson:
        """What there is to do for ``model``, which is not finished."""
        done = model.done()
        return cls(photo, model.key, model.cost.seconds * (1 - done), done, model.cost.bytes)


@dataclass
class _Worker:
    process: SpawnProcess
    heard: Connection  # floats: how much is done, 0..1; at last a Trained or an exception
    asked: Connection  # its end is the wish to stop


class Several:
    """Trainings of one course on several photos, so many at a time.

    The processor's threads are shared out among them. Each leaves the model that it would leave alone with as many
    threads, and can be stopped and gone on with like it.

    Attributes:
        at_once: how many at a time.
    """

    def __init__(self, course: Course, lessons: Sequence[Lesson], jobs: int) -> None:
        self.at_once = min(jobs, len(lessons))
        self._course, self._lessons = course, list(lessons)
        # By what was asked for, not by what is left to do: results depend on it, to the last bits.
        self._threads = max(1, _threads() // jobs)
        self._waiting = list(range(len(lessons)))
        self._workers: dict[int, _Worker] = {}
        self._done = [0.0] * len(lessons)  # of what there was to do at the beginning
        self._free = available_bytes() if course.device == "cpu" else None
        self._began = time.monotonic()
        self._stop = False

    def stop(self) -> None:
        """Ask all of them to stop, from any thread or signal handler: each ends its step and saves."""
        self._stop = True

    @property
    def bytes(self) -> int:
        """Main memory that they take at most."""
        return sum(sorted((lesson.bytes for lesson in self._lessons), reverse=True)[: self.at_once])

    @property
    def done(self) -> float:
        """How much of all the work is done, 0..1."""
        whole = sum(lesson.seconds for lesson in self._lessons)
        return sum(lesson.seconds * done for lesson, done in zip(self._lessons, self._done)) / max(whole, 1e-9)

    @property
    def seconds(self) -> float:
        """How long all will take from now on: by the pace so far, or, where there is none yet, as expected."""
        done = self.done
        if done < _ENOUGH:
            whole = sum(lesson.seconds for lesson in self._lessons)
            return max(whole / self._speed_up(), *(lesson.seconds for lesson in self._lessons)) * (1 - done)
        return (time.monotonic() - self._began) / done * (1 - done)

    def _speed_up(self) -> float:
        if self._course.device != "cpu":
            return self.at_once
        return max(1.0, min(self.at_once, _threads() / _CORES_OF_ONE))

    def outcomes(self, heard: Callable[[], object]) -> Iterator[tuple[Lesson, Trained | Exception]]:
        """Train on all, and hand out what became of each as soon as it has ended.

        Args:
            heard: called whenever ``done`` has changed, in the thread that asks for the outcomes.

        Raises:
            Stopped: ``stop`` was called; the same command goes on.
            OutputError: one could not be kept, and so could none of the others, which have stopped.
        """
        self._began = time.monotonic()
        try:
            while self._workers or (self._waiting and not self._stop):
                self._begin()
                for index in self._spoken():
                    outcome = self._listen(index)
                    if outcome is None:
                        heard()
                        continue
                    self._end(index)
                    if isinstance(outcome, OutputError):
                        self._drain()
                        raise outcome
                    if not isinstance(outcome, Stopped):
                        self._done[index] = 1.0
                        yield self._lessons[index], outcome
        finally:
            for worker in self._workers.values():
                worker.process.kill()
        if self._stop:
            raise Stopped("stopped: run the same command again to go on")

    def _drain(self) -> None:
        """Have all that are at work stop, and wait for it."""
        self._waiting = []
        self.stop()
        while self._workers:
            for index in self._spoken():
                if self._listen(index) is not None:
                    self._end(index)

    # -----------------------------------------------------------------------------------------------------------
    # Processes

    def _begin(self) -> None:
        """Begin as many as there is room for."""
        while not self._stop and len(self._workers) < self.at_once:
            index = next(filter(self._fits, self._waiting), None)
            if index is None:
                return
            self._waiting.remove(index)
            self._workers[index] = _started(self._course, self._lessons[index].photo, self._threads)

    def _fits(self, index: int) -> bool:
        """Whether it can begin beside those that are at work."""
        lesson, others = self._lessons[index], [self._lessons[i] for i in self._workers]
        # A photo that is there twice has one model: the second is to find it finished, not locked.
        if any(other.key == lesson.key for other in others):
            return False
        # What others have not taken yet, but will.
        taken = sum(other.bytes for other in others)
        return not others or self._free is None or taken + lesson.bytes <= self._free

    def _spoken(self) -> list[int]:
        """Those at work that have something to say, or have ended."""
        if self._stop:
            for worker in self._workers.values():
                worker.asked.close()
        ready = wait([worker.heard for worker in self._workers.values()], timeout=_LOOK)
        return [index for index, worker in self._workers.items() if worker.heard in ready]

    def _listen(self, index: int) -> Trained | Exception | None:
        """What became of it, or ``None`` while it is at work."""
        lesson, worker = self._lessons[index], self._workers[index]
        try:
            said: float | Trained | Exception = worker.heard.recv()
        except (EOFError, OSError):
            worker.process.join()
            return _cut_short(lesson.photo, worker.process.exitcode or 0)
        if not isinstance(said, float):
            return said
        self._done[index] = max(0.0, said - lesson.done) / max(1 - lesson.done, 1e-9)
        return None

    def _end(self, index: int) -> None:
        worker = self._workers.pop(index)
        worker.process.join()
        worker.heard.close()
        worker.asked.close()


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _cut_short(photo: Path, code: int) -> CalotypeError:
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    # That is what the system does where memory runs out.
    advice = "give a lower --jobs if memory ran out; " if how.endswith("SIGKILL") else ""
    return CalotypeError(
        f"the process that trained on {shown(photo)} was ended {how}: {advice}the same command goes on where it was"
    )


def _started(course: Course, photo: Path, threads: int) -> _Worker:
    # Not forked: threads and GPUs do not survive that.
    context = get_context("spawn")
    heard, says = context.Pipe(duplex=False)
    listens, asked = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(course, photo, threads, says, listens), daemon=True)
    with _deaf():
        process.start()
    # The ends that are the process's: without ours, its end is heard as the end of the pipe.
    says.close()
    listens.close()
    return _Worker(process, heard, asked)


@contextmanager
def _deaf() -> Iterator[None]:
    """A process begun in here never hears Ctrl-C, which a terminal sends to all: it is told by us what to do."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------------------------------------------------------
# In the other process


def _work(course: Course, photo: Path, threads: int, says: Connection, listens: Connection) -> None:
    """Train on one photo, tell how far it is, and at last what became of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the process could not be made deaf from the start
    try:
        outcome: Any = _outcome(course, photo, threads, says, listens)
    except Exception as error:
        outcome = _that_travels(error)
    with suppress(OSError):  # nobody is there any more to be told
        says.send(outcome)


def _outcome(course: Course, photo: Path, threads: int, says: Connection, listens: Connection) -> Trained:
    import torch

    from calotype.run import Run

    torch.set_num_threads(threads)
    model = course.model(photo)
    run = Run(seed=course.seed, device=course.device, on_event=_Telling(model, says))
    Thread(target=_heed, args=(listens, run), daemon=True).start()
    return trained(model, run)


class _Telling:
    """Tells now and then how much of a training is done."""

    def __init__(self, model: Model, says: Connection) -> None:
        self._model, self._says, self._told = model, says, time.monotonic()

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if event.kind == "step" and now - self._told >= _EVERY:
            self._told = now
            with suppress(OSError):  # the training is stopped by whoever notices that nobody is there
                self._says.send(float(self._model.done_at(event.stage, event.step, event.steps)))


def _heed(listens: Connection, run: Any) -> None:
    """Stop ``run`` when that is wished, or when nobody is there any more who could wish it."""
    with suppress(EOFError, OSError):
        listens.recv()
    run.stop()


def _that_travels(error: Exception) -> Exception:
    """``error`` with its traceback as a note; as text alone where it cannot be sent to another process."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    return error
