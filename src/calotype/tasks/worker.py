"""Worker processes: each runs tasks one after another, reports progress, and can be stopped or killed.

Used for ``--jobs`` and for the studio.
"""

from __future__ import annotations

import pickle
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from calotype.openmp import wait_passively

if TYPE_CHECKING:
    from calotype.run import Run

Work = Callable[[Any, "TaskContext"], Any]  # called with the shared argument of all tasks; must be picklable
_JOIN_TIMEOUT = 10.0  # seconds to wait for a process to end before killing it


class TaskContext:
    """A task's connection to its caller. This base class discards reports and never stops the task."""

    def report(self, what: Any) -> None:
        """Send a progress report: the fraction of the work that is done, 0..1, or any picklable object."""

    def attach(self, run: Run) -> None:
        """Stop ``run`` on a stop request, or when the calling process has ended."""


class WorkerProcess:
    """A process that runs tasks.

    Its temporary files are in a folder of its own, which is deleted when it has ended, also when it was killed.

    Args:
        threads: number of threads that torch may use in the process.
        on_message: called in a separate thread with this object and a message: ``("ready", None)`` once,
            ``("report", report)`` during a task, ``("done", outcome)`` with the result of the task or the exception it
            raised, and ``("ended", None)`` when the process has ended.
        shared: pickled argument that all tasks are called with.
        prepare: called once in the process, before it is ready.
    """

    def __init__(
        self,
        threads: int,
        on_message: Callable[[WorkerProcess, tuple[str, Any]], object],
        *,
        shared: bytes = pickle.dumps(None),
        prepare: Callable[[], object] | None = None,
    ) -> None:
        context = get_context("spawn")  # not fork, which breaks threads and GPU contexts
        receive, their_send = context.Pipe(duplex=False)
        their_receive, self._send = context.Pipe(duplex=False)
        self._folder = tempfile.TemporaryDirectory(prefix="calotype-", ignore_cleanup_errors=True)
        target = (shared, threads, self._folder.name, their_send, their_receive, prepare)
        self._process = context.Process(target=_serve, args=target, daemon=True)
        with _without_interrupts():
            self._process.start()
        # These ends belong to the process. Closed here, the pipe reports EOF when the process ends.
        their_send.close()
        their_receive.close()
        self._on_message = on_message
        self._thread = threading.Thread(target=self._listen, args=(receive,), daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Send a task to the process; ignored if it has ended, which is reported by a message."""
        self._send_message("do", pickle.dumps(work))

    def stop(self) -> None:
        """Request that the current task stops at its next step."""
        self._send_message("stop", None)

    def close(self) -> None:
        """Request that the current task stops at its next step and the process ends."""
        with suppress(OSError):
            self._send.close()

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()

    def join(self) -> None:
        """Wait until the process has ended; kill it after a timeout."""
        self._process.join(_JOIN_TIMEOUT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._thread.join(_JOIN_TIMEOUT)

    @property
    def status(self) -> int | None:
        """The exit status of the ended process; a negative signal number if it was killed."""
        self._process.join(_JOIN_TIMEOUT)
        return self._process.exitcode

    def _send_message(self, what: str, value: Any) -> None:
        with suppress(OSError):
            self._send.send_bytes(pickle.dumps((what, value)))

    def _listen(self, connection: Connection) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._on_message(self, pickle.loads(connection.recv_bytes()))
        wait([self._process.sentinel], _JOIN_TIMEOUT)
        self._folder.cleanup()
        self._on_message(self, ("ended", None))


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started in the block ignore the Ctrl-C of the terminal; this process forwards stop requests."""
    if sys.platform == "win32":
        yield
        return
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


# ---------------------------------------------------------------------------------------------------------------
# In the worker process


def _serve(
    shared: bytes,
    threads: int,
    folder: str,
    send: Connection,
    receive: Connection,
    prepare: Callable[[], object] | None,
) -> None:
    """Run tasks one after another until the calling process closes the connection; temporary files go to ``folder``."""
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for platforms where ``_without_interrupts`` has no effect
    inbox = _Inbox(send, receive)
    wait_passively()
    import torch

    torch.set_num_threads(threads)
    if prepare is not None:
        prepare()
    inbox.send("ready", None)
    while (work := inbox.next()) is not None:
        torch.set_num_threads(threads)  # a task before may have changed it
        inbox.send("done", outcome_of(work, shared, inbox))
    shutil.rmtree(folder, ignore_errors=True)  # a calling process that was killed cannot do it


class _Inbox(TaskContext):
    """Receives tasks and stop requests, and stops the current run on request."""

    def __init__(self, send: Connection, receive: Connection) -> None:
        self._send, self._receive = send, receive
        self._sending = threading.Lock()
        self._tasks: SimpleQueue[bytes | None] = SimpleQueue()
        self._run: Run | None = None
        self._stopped = False
        # Started first, as the sender of a task blocks until it is read.
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, what: str, value: Any) -> None:
        """Send a message."""
        with suppress(OSError), self._sending:  # the calling process has ended
            self._send.send_bytes(pickle.dumps((what, value)))

    def next(self) -> bytes | None:
        """The next task; ``None`` if the calling process has closed the connection."""
        self._run = None
        return self._tasks.get()

    def report(self, what: Any) -> None:
        """See ``TaskContext``."""
        self.send("report", what)

    def attach(self, run: Run) -> None:
        """See ``TaskContext``."""
        self._run = run
        if self._stopped:
            run.stop()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                what, value = pickle.loads(self._receive.recv_bytes())
                if what == "stop":
                    self._stop()
                    continue
                # A stop request applies to the task before this one, running or queued.
                self._stopped = False
                self._tasks.put(value)
        self._stop()
        self._tasks.put(None)

    def _stop(self) -> None:
        self._stopped = True
        if self._run is not None:
            self._run.stop()


def outcome_of(work: bytes, shared: bytes, context: TaskContext) -> Any:
    """The result of a pickled task or the exception that it raised, picklable."""
    try:
        return pickle.loads(work)(pickle.loads(shared), context)
    except Exception as error:
        return _picklable(error)


def _picklable(error: Exception) -> Exception:
    """``error`` with its traceback as a note; converted to a ``RuntimeError`` if it is not picklable."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
    return error
