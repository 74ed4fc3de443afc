"""One worker process: it does one task after another, reports on each, and is stopped or killed from outside.

Every process that calotype starts on this machine for work is one of these: those of ``--jobs`` and of the studio.
"""

from __future__ import annotations

import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calotype.run import Run

Work = Callable[[Any, "TaskContext"], Any]  # called with what all tasks share; travels as a pickle
_PATIENCE = 10.0  # seconds that a process gets to end by itself


class TaskContext:
    """What a task has of whoever asked for it: this one reports to nobody and is never stopped."""

    def report(self, what: Any) -> None:
        """Report a share of the work that is done, 0..1, or anything else that travels."""

    def attach(self, run: Run) -> None:
        """Stop ``run`` when the task is to be stopped, or when nobody is left who could ask for that."""


class WorkerProcess:
    """A process that does tasks.

    Args:
        threads: that it may use.
        heard: called in a thread of its own with this object and a message: ``("ready", None)`` once,
            ``("report", what)`` while a task is done, ``("done", outcome)`` with what the task gave or the exception it
            raised, and ``("ended", None)`` when the process is gone.
        shared: what all tasks are called with.
        prepare: called once in the process, before it is ready.
    """

    def __init__(
        self,
        threads: int,
        heard: Callable[[WorkerProcess, tuple[str, Any]], object],
        *,
        shared: bytes = pickle.dumps(None),
        prepare: Callable[[], object] | None = None,
    ) -> None:
        context = get_context("spawn")  # not forked: threads and GPUs do not survive that
        receive, their_send = context.Pipe(duplex=False)
        their_receive, self._send = context.Pipe(duplex=False)
        target = (shared, threads, their_send, their_receive, prepare)
        self._process = context.Process(target=_serve, args=target, daemon=True)
        with _without_interrupts():
            self._process.start()
        # The other ends are the process's: without ours, its end is heard as the end of the pipe.
        their_send.close()
        their_receive.close()
        self._heard = heard
        self._thread = threading.Thread(target=self._listen, args=(receive,), daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Give it a task; nothing happens where it has ended, which is heard."""
        self._tell("do", pickle.dumps(work))

    def stop(self) -> None:
        """Ask it to stop the task that it has at the next step."""
        self._tell("stop", None)

    def close(self) -> None:
        """Ask it to stop its task at the next step, and to end."""
        with suppress(OSError):
            self._send.close()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def join(self) -> None:
        """Wait until it has ended, and do not wait for ever."""
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._thread.join(_PATIENCE)

    @property
    def status(self) -> int | None:
        """The exit status, once it has ended; negative for the number of a signal."""
        self._process.join(_PATIENCE)
        return self._process.exitcode

    def _tell(self, what: str, value: Any) -> None:
        with suppress(OSError):
            self._send.send_bytes(pickle.dumps((what, value)))

    def _listen(self, connection: Connection) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._heard(self, pickle.loads(connection.recv_bytes()))
        self._heard(self, ("ended", None))


@contextmanager
def _without_interrupts() -> Iterator[None]:
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
# In the worker process


def _serve(
    shared: bytes, threads: int, send: Connection, receive: Connection, prepare: Callable[[], object] | None
) -> None:
    """Do one task after another, until nobody is left who could ask for them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the process could not be started without interrupts
    inbox = _Inbox(send, receive)
    import torch

    torch.set_num_threads(threads)
    if prepare is not None:
        prepare()
    inbox.say("ready", None)
    while (work := inbox.next()) is not None:
        inbox.say("done", outcome_of(work, shared, inbox))


class _Inbox(TaskContext):
    """Receives tasks and wishes to stop; a wish reaches the run that is worked on."""

    def __init__(self, send: Connection, receive: Connection) -> None:
        self._send, self._receive = send, receive
        self._sending = threading.Lock()
        self._tasks: SimpleQueue[bytes | None] = SimpleQueue()
        self._run: Run | None = None
        self._stopped = False
        # Before anything slow: a task that waits to be read makes those wait who send it.
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, what: str, value: Any) -> None:
        """Send a message."""
        with suppress(OSError), self._sending:  # nobody is left to be told
            self._send.send_bytes(pickle.dumps((what, value)))

    def next(self) -> bytes | None:
        """The next task; ``None``: nobody is left who could give one."""
        self._run = None
        return self._tasks.get()

    def report(self, what: Any) -> None:
        """See ``TaskContext``."""
        self.say("report", what)

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
                # A wish to stop is for the task before this one, be it begun or still waiting to be.
                self._stopped = False
                self._tasks.put(value)
        self._stop()
        self._tasks.put(None)

    def _stop(self) -> None:
        self._stopped = True
        if self._run is not None:
            self._run.stop()


def outcome_of(work: bytes, shared: bytes, context: TaskContext) -> Any:
    """What a pickled task gives or the exception that it raises, so that it can be sent to another process."""
    try:
        return pickle.loads(work)(pickle.loads(shared), context)
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
