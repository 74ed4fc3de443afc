"""Worker processes: what is left of them when they have ended."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from queue import Queue
from typing import Any

from calotype.tasks.worker import TaskContext, WorkerProcess

PATIENCE = 120  # seconds, only passed where something is broken


def leave_file(_: Any, context: TaskContext) -> int:
    """Write a temporary file that nobody deletes, and say where the process is."""
    Path(tempfile.mkdtemp(), "file").write_text("x")
    context.report(tempfile.gettempdir())
    return os.getpid()


def test_temporary_files_of_a_killed_worker_are_deleted() -> None:
    messages: Queue[tuple[str, Any]] = Queue()
    worker = WorkerProcess(1, lambda _, message: messages.put(message))
    worker.submit(leave_file)
    (_, _), (_, folder), (_, pid) = [messages.get(timeout=PATIENCE) for _ in range(3)]
    assert Path(folder).parent == Path(tempfile.gettempdir())
    assert list(Path(folder).rglob("file"))
    os.kill(pid, signal.SIGKILL)
    assert messages.get(timeout=PATIENCE) == ("ended", None)
    worker.join()
    assert not Path(folder).exists()


def count_threads(_: Any, context: TaskContext) -> int:
    """The threads that a task finds; it leaves others."""
    import torch

    found = torch.get_num_threads()
    torch.set_num_threads(found + 2)
    return found


def test_every_task_has_the_threads_of_its_worker() -> None:
    messages: Queue[tuple[str, Any]] = Queue()
    worker = WorkerProcess(1, lambda _, message: messages.put(message))
    try:
        assert messages.get(timeout=PATIENCE) == ("ready", None)
        for _ in range(2):
            worker.submit(count_threads)
            assert messages.get(timeout=PATIENCE) == ("done", 1)
    finally:
        worker.close()
        worker.join()


def test_every_task_on_a_cluster_has_one_thread() -> None:
    import pickle

    import torch

    from calotype import __version__
    from calotype.tasks.cluster import _run_task

    before = torch.get_num_threads()
    try:
        for _ in range(2):  # in a process that is used again
            done = _run_task(__version__, pickle.dumps(None), pickle.dumps(count_threads))
            assert pickle.loads(done) == 1
    finally:
        torch.set_num_threads(before)
