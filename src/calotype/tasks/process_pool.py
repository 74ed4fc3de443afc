"""Tasks done in worker processes of this machine: many small tasks each leave most of a machine idle."""

from __future__ import annotations

import pickle
import signal
from queue import Empty, Queue
from typing import Any

from calotype.tasks.executor import POLL_SECONDS, Executor, Task, WorkerDied
from calotype.tasks.memory import available_bytes
from calotype.tasks.worker import WorkerProcess


class ProcessPool(Executor):
    """Worker processes of this machine, begun when there is something to do and kept for the next task.

    The processor's threads are shared out among them.
    """

    def __init__(self, shared: Any, concurrency: int, *, jobs: int, device: str, attempts: int = 1) -> None:
        """Begin none yet.

        Args:
            shared: what all tasks are called with.
            concurrency: how many processes at most.
            jobs: how many were asked for. Not how many there are, since results depend on the threads of each, to the
                last bits.
            device: that they work on; main memory is counted where it is the CPU.
            attempts: how often a task is begun whose process ends before it does.
        """
        super().__init__(concurrency, attempts=attempts, free=available_bytes() if device == "cpu" else None)
        self._shared = pickle.dumps(shared)
        self.threads = max(1, threads() // jobs)
        self._tasks: dict[WorkerProcess, Task | None] = {}  # what each worker does
        self._queue: Queue[tuple[WorkerProcess, tuple[str, Any]]] = Queue()
        self._told = False

    def _start(self, task: Task) -> None:
        worker = next((worker for worker, other in self._tasks.items() if other is None), None)
        if worker is None:
            worker = WorkerProcess(self.threads, self._heard, shared=self._shared)
        self._tasks[worker] = task
        worker.submit(task.work)

    def _heard(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        self._queue.put((worker, message))

    def _messages(self) -> list[tuple[Task, Any]]:
        if self.stopping and not self._told:
            self._told = True
            for worker in self._tasks:
                worker.close()
        try:
            worker, (what, value) = self._queue.get(timeout=POLL_SECONDS)
        except Empty:
            return []
        task = self._tasks.get(worker)
        if what == "ended":
            self._tasks.pop(worker, None)
            return [] if task is None else [(task, _cut_short(task, worker.status or 0))]
        if task is None or what == "ready":
            return []
        if what == "done":
            self._tasks[worker] = None
            return [(task, value)]
        return [(task, float(value))]

    def close(self) -> None:
        """End all of them at once."""
        for worker in self._tasks:
            worker.kill()
        for worker in self._tasks:
            worker.join()
        self._tasks = {}


def threads() -> int:
    """How many threads there are to share out."""
    import torch

    return torch.get_num_threads()


def _cut_short(task: Task, code: int) -> WorkerDied:
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    # That is what the system does where memory runs out.
    advice = "give a lower --jobs if memory ran out; " if how.endswith("SIGKILL") else ""
    return WorkerDied(f"the process that worked on {task.subject} was ended {how}: {advice}the same command goes on")
