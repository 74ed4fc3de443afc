"""Executor that runs tasks in parallel worker processes on this machine."""

from __future__ import annotations

import pickle
import signal
from queue import Empty, Queue
from typing import Any

from calotype.tasks.executor import POLL_SECONDS, Executor, Task, WorkerDied
from calotype.tasks.memory import available_bytes
from calotype.tasks.worker import WorkerProcess


class ProcessPool(Executor):
    """Worker processes on this machine, started on demand and reused.

    The CPU threads are divided among them.
    """

    def __init__(self, shared: Any, concurrency: int, *, jobs: int, device: str, attempts: int = 1) -> None:
        """Create the pool; no process is started yet.

        Args:
            shared: argument that all tasks are called with.
            concurrency: maximum number of processes.
            jobs: the requested number of processes, by which the threads are divided. Independent of the number of
                tasks, as the last bits of results depend on the number of threads.
            device: torch name of the device; on ``cpu``, tasks are scheduled by main memory.
            attempts: maximum number of times that a task is started if its process dies.
        """
        super().__init__(concurrency, attempts=attempts, free=available_bytes() if device == "cpu" else None)
        self._shared = pickle.dumps(shared)
        self.threads = max(1, threads() // jobs)
        self._tasks: dict[WorkerProcess, Task | None] = {}  # the current task of each worker
        self._queue: Queue[tuple[WorkerProcess, tuple[str, Any]]] = Queue()
        self._stop_sent = False

    def _start(self, task: Task) -> None:
        worker = next((worker for worker, other in self._tasks.items() if other is None), None)
        if worker is None:
            worker = WorkerProcess(self.threads, self._on_message, shared=self._shared)
        self._tasks[worker] = task
        worker.submit(task.work)

    def _on_message(self, worker: WorkerProcess, message: tuple[str, Any]) -> None:
        self._queue.put((worker, message))

    def _messages(self) -> list[tuple[Task, Any]]:
        if self.stopping and not self._stop_sent:
            self._stop_sent = True
            for worker in self._tasks:
                worker.close()
        try:
            worker, (what, value) = self._queue.get(timeout=POLL_SECONDS)
        except Empty:
            return []
        task = self._tasks.get(worker)
        if what == "ended":
            self._tasks.pop(worker, None)
            return [] if task is None else [(task, _died(task, worker.status or 0))]
        if task is None or what == "ready":
            return []
        if what == "done":
            self._tasks[worker] = None
            return [(task, value)]
        return [(task, float(value))]

    def close(self) -> None:
        """Kill all processes."""
        for worker in self._tasks:
            worker.kill()
        for worker in self._tasks:
            worker.join()
        self._tasks = {}


def threads() -> int:
    """Number of CPU threads to divide among processes."""
    import torch

    return torch.get_num_threads()


def _died(task: Task, code: int) -> WorkerDied:
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    # Linux sends SIGKILL when memory runs out.
    advice = "give a lower --jobs if memory ran out; " if how.endswith("SIGKILL") else ""
    return WorkerDied(
        f"the worker process of {task.subject} was ended {how}: {advice}run the same command again to resume"
    )
