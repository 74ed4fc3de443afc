"""Worker processes that begin as forks of the calling process, where torch is imported already.

A user's worker begins anew, and importing torch takes it longer than most tests take. The calling process must have
imported everything and must not have computed with several threads.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

_LOOK = 0.002  # seconds between two looks whether a process has ended


class ForkedProcess:
    """As much of ``multiprocessing.Process`` as ``calotype.tasks.worker`` uses.

    Args:
        target: what the process does.
        args: its arguments; connections among them are all that the process keeps open.
        begin: called in the process before.
    """

    def __init__(self, target: Callable[..., object], args: tuple[Any, ...], begin: Callable[[], object]) -> None:
        self._target, self._args, self._begin = target, args, begin
        self._lock = threading.Lock()
        self.pid, self.exitcode = 0, None

    def start(self) -> None:
        self.pid = os.fork()
        if not self.pid:
            self._become()
        self.sentinel = os.pidfd_open(self.pid)

    def kill(self) -> None:
        with self._lock:
            if self.exitcode is None:
                os.kill(self.pid, signal.SIGKILL)

    def join(self, timeout: float | None = None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        while self.is_alive() and (end is None or time.monotonic() < end):
            time.sleep(_LOOK)

    def is_alive(self) -> bool:
        with self._lock:
            if self.exitcode is None:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
                self.exitcode = os.waitstatus_to_exitcode(status) if ended else None
            return self.exitcode is None

    def _become(self) -> None:
        """Be the process: this does not return."""
        status = 1
        try:
            kept = {0, 1, 2, *(one.fileno() for one in self._args if isinstance(one, Connection))}
            for name in os.listdir("/proc/self/fd"):
                if int(name) not in kept:
                    with suppress(OSError):
                        os.close(int(name))
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            sys.argv = ["worker"]
            self._begin()
            self._target(*self._args)
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)


class ForkContext:
    """As much of a context of ``multiprocessing`` as ``calotype.tasks.worker`` uses.

    Args:
        begin: called in each process before its work.
    """

    Pipe = staticmethod(Pipe)

    def __init__(self, begin: Callable[[], object]) -> None:
        self._begin = begin

    def Process(self, *, target: Callable[..., object], args: tuple[Any, ...], daemon: bool) -> ForkedProcess:  # noqa: N802
        return ForkedProcess(target, args, self._begin)


def import_ahead() -> None:
    """Import what commands import late: torch's optimizers alone take a second."""
    from importlib import import_module

    from PIL import Image

    for name in ("torch._dynamo", "calotype.cli.app", "calotype.engines.gpnn", "calotype.engines.singan"):
        import_module(name)
    for name in ("arguments", "photo_job", "model_job", "runner", "train", "training", "make_task", "worker"):
        import_module(f"calotype.tasks.{name}")
    for name in ("calotype.image.io", "calotype.kinds", "calotype.saving", "pydantic.type_adapter", "numpy.ctypeslib"):
        import_module(name)
    Image.init()


def fork_workers(begin: Callable[[], object] = lambda: None) -> None:
    """Make the workers of this process begin as its forks (Linux).

    Args:
        begin: called in each of them before its work.
    """
    from calotype.tasks import worker

    worker.get_context = lambda method: ForkContext(begin)  # type: ignore[assignment]
