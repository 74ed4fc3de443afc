"""The worker processes of the job queue: a slot for each job at a time, with a process while one is needed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from calotype.studio.job_store import Job
from calotype.studio.queries import prepare
from calotype.tasks.worker import WorkerProcess

IDLE = 120.0  # seconds without work after which a process with torch is ended
_JOBS_PER_PROCESS = 20  # after which a worker process is replaced


def cores() -> int:
    """Number of CPU cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads(at_once: int) -> int:
    """Number of threads per worker process: an equal share of the cores, limited by ``OMP_NUM_THREADS``."""
    share = max(1, cores() // at_once)
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(share, int(allowed)) if allowed.isdigit() and int(allowed) else share


class Slot:
    """A worker process and its current job.

    Attributes:
        worker: the process; ``None`` while there is none.
        job: its job; ``None`` if it has none.
        ending: whether the process was killed, but its end is not reported yet.
    """

    def __init__(self) -> None:
        self.worker: WorkerProcess | None = None
        self.job: Job | None = None
        self.ending = False
        self._served = 0
        self._idle_since = 0.0  # seconds since 1970

    def start(self, worker: WorkerProcess) -> None:
        """Take a new process."""
        self.worker, self._served, self._idle_since = worker, 0, time.time()

    def stop(self, *, at_once: bool) -> None:
        """Stop the job at its next step, or kill the process."""
        assert self.worker is not None
        if at_once:
            self.worker.kill()
            self.ending = True
        else:
            self.worker.stop()

    def free(self) -> None:
        """The job has ended."""
        self.job, self._served, self._idle_since = None, self._served + 1, time.time()

    def renew(self) -> None:
        """End the process if it has served for long."""
        if self._served >= _JOBS_PER_PROCESS and self.worker is not None:
            self.worker.close()
            self.worker, self.ending = None, False

    def rest(self, now: float) -> None:
        """End the process if it has had nothing to do for a while."""
        if self.worker is not None and self.job is None and now - self._idle_since >= IDLE:
            self.worker.kill()
            self.worker, self.ending = None, False


class Slots:
    """All slots of a queue, which locks them.

    Args:
        at_once: their number; the CPU threads are divided among the processes.
        on_message: called with a process and what it reports, from any thread.

    Attributes:
        all: the slots.
    """

    def __init__(self, at_once: int, on_message: Callable[[WorkerProcess, tuple[str, Any]], object]) -> None:
        self._threads, self._on_message = _threads(at_once), on_message
        self.all = [Slot() for _ in range(at_once)]

    def process(self, slot: Slot) -> WorkerProcess:
        """The process of a slot, which is started if there is none."""
        if slot.worker is None:
            slot.start(WorkerProcess(self._threads, self._on_message, prepare=prepare))
        assert slot.worker is not None
        return slot.worker

    def wake(self) -> None:
        """Start a process in advance if there is none."""
        if all(slot.worker is None for slot in self.all):
            self.process(self.all[0])

    def rest(self, now: float) -> None:
        """End the processes that have had nothing to do for a while."""
        for slot in self.all:
            slot.rest(now)

    def free(self) -> list[Slot]:
        """The slots that can take a job."""
        # A killed process may still report that it stopped by itself; it gets no further jobs.
        return [slot for slot in self.all if slot.job is None and not slot.ending]

    def jobs(self) -> list[Job]:
        """The jobs that are being worked on."""
        return [slot.job for slot in self.all if slot.job is not None]

    def of_job(self, job: Job) -> Slot | None:
        """The slot that works on a job."""
        return next((slot for slot in self.all if slot.job is job), None)

    def of_worker(self, worker: WorkerProcess) -> Slot | None:
        """The slot of a process."""
        return next((slot for slot in self.all if slot.worker is worker), None)

    def close(self) -> list[WorkerProcess]:
        """Stop all jobs at their next step; returns the processes, which end after that."""
        workers = []
        for slot in self.all:
            if slot.worker is not None:
                # One without a job has nothing to lose, and may be importing torch for seconds.
                slot.worker.close() if slot.job is not None else slot.worker.kill()
                workers.append(slot.worker)
        return workers
