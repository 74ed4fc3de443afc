"""Tasks done in other processes of this machine: many pieces of work each leave most of a machine idle."""

from __future__ import annotations

import pickle
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from calotype.tasks.executor import POLL_SECONDS, Executor, Task, TaskContext, WorkerDied, outcome_of
from calotype.tasks.memory import available_bytes

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from calotype.run import Run

_EVERY = 0.5  # seconds between two reports of one process


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    heard: Connection  # pickled: floats, how much is done; at last a tuple with the outcome
    asked: Connection  # pickled work; its end is the wish to stop
    task: Task | None = None


class Pool(Executor):
    """Processes of this machine, begun when there is something to do and kept for the next task.

    The processor's threads are shared out among them.
    """

    def __init__(self, shared: Any, at_once: int, *, jobs: int, device: str, tries: int = 1) -> None:
        """Begin none yet.

        Args:
            shared: what all tasks are called with.
            at_once: how many processes at most.
            jobs: how many were asked for. Not how many there are, since results depend on the threads of each, to the
                last bits.
            device: that they work on; main memory is counted where it is the CPU.
            tries: how often a task is begun whose process ends before it does.
        """
        super().__init__(at_once, tries=tries, free=available_bytes() if device == "cpu" else None)
        self._shared = pickle.dumps(shared)
        self.threads = max(1, threads() // jobs)
        self._workers: list[_Worker] = []

    def _start(self, task: Task) -> None:
        idle = next((worker for worker in self._workers if worker.task is None), None)
        worker = idle or _hired(self._shared, self.threads)
        if idle is None:
            self._workers.append(worker)
        worker.task = task
        with suppress(OSError):  # its process has ended, which is heard soon
            worker.asked.send_bytes(pickle.dumps(task.work))

    def _said(self) -> list[tuple[Task, Any]]:
        if self.stopping:
            for worker in self._workers:
                worker.asked.close()
        busy = {worker.heard: worker for worker in self._workers if worker.task is not None}
        ready = wait(list(busy), timeout=POLL_SECONDS)
        return [said for heard, worker in busy.items() if heard in ready for said in [self._listen(worker)]]

    def _listen(self, worker: _Worker) -> tuple[Task, Any]:
        task = worker.task
        assert task is not None
        try:
            said = pickle.loads(worker.heard.recv_bytes())
        except (EOFError, OSError):
            self._workers.remove(worker)
            return task, _cut_short(task, _ended(worker))
        if isinstance(said, float):
            return task, said
        worker.task = None
        return task, said[0]

    def close(self) -> None:
        """End all of them at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            _ended(worker)
        self._workers = []


def threads() -> int:
    """How many threads there are to share out."""
    import torch

    return torch.get_num_threads()


def _ended(worker: _Worker) -> int:
    """The exit code of a process that has ended, or is about to."""
    worker.process.join()
    worker.heard.close()
    worker.asked.close()
    return worker.process.exitcode or 0


def _cut_short(task: Task, code: int) -> WorkerDied:
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    # That is what the system does where memory runs out.
    advice = "give a lower --jobs if memory ran out; " if how.endswith("SIGKILL") else ""
    return WorkerDied(f"the process that worked on {task.subject} was ended {how}: {advice}the same command goes on")


def _hired(shared: bytes, threads: int) -> _Worker:
    # Not forked: threads and GPUs do not survive that.
    context = get_context("spawn")
    heard, says = context.Pipe(duplex=False)
    listens, asked = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(shared, threads, says, listens), daemon=True)
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


def _serve(shared: bytes, threads: int, says: Connection, listens: Connection) -> None:
    """Do one task after another, until nobody is there any more who could ask for them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the process could not be made deaf from the start
    desk, asked = _Line(says), SimpleQueue[bytes | None]()
    # Before anything slow: a task that waits to be read makes those wait who send it.
    Thread(target=_read, args=(listens, desk, asked), daemon=True).start()
    import torch

    torch.set_num_threads(threads)
    while (task := asked.get()) is not None:
        outcome = outcome_of(task, shared, desk)
        with suppress(OSError):  # nobody is there any more to be told
            says.send_bytes(pickle.dumps((outcome,)))


def _read(listens: Connection, desk: _Line, asked: SimpleQueue[bytes | None]) -> None:
    with suppress(EOFError, OSError):
        while True:
            asked.put(listens.recv_bytes())
    desk.stop()
    asked.put(None)


class _Line(TaskContext):
    """Leads to the process that asks for the work."""

    def __init__(self, says: Connection) -> None:
        self._says, self._told = says, time.monotonic()
        self._run: Run | None = None
        self._stopped = False

    def tell(self, share: float) -> None:
        """Say how much is done, 0..1, but not too often."""
        now = time.monotonic()
        if now - self._told >= _EVERY:
            self._told = now
            with suppress(OSError):  # the work is stopped by whoever notices that nobody is there
                self._says.send_bytes(pickle.dumps(float(share)))

    def heed(self, run: Run) -> None:
        """See ``Desk``."""
        self._run = run
        if self._stopped:
            run.stop()

    def stop(self) -> None:
        """Pass on the wish to stop, also to what is begun later."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()
