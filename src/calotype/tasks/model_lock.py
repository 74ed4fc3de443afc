"""Locks of models: one process at a time trains or deletes a model."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from calotype.errors import InputError
from calotype.files import output_error, shown

LOCK = "lock"  # file in the folder of a model
_NAME_TIMEOUT = 1.0  # seconds to wait for a process that took a lock to write its name into it


class Busy(InputError):  # noqa: N818  (named after the state)
    """Another process is training or deleting the model."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the model in ``folder`` in the block, so that no other process trains or deletes it.

    The lock is an operating system lock on an open file, so it is released whenever the process ends.

    Raises:
        Busy: another process has the lock; the message names that process.
        OutputError: the folder cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _lock_file(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / LOCK).unlink()
        file.close()


def _lock_file(folder: Path) -> IO[str]:
    path = folder / LOCK
    while True:
        file = open(path, "a+", encoding="ascii")  # noqa: SIM115  (stays open as long as the lock is held)
        try:
            _lock(file)
        except OSError:
            holder = _holder(file)
            file.close()
            raise Busy(
                f"the model in {shown(folder)} is being trained by {holder}: wait until it ends, or stop it"
            ) from None
        # The previous holder may have deleted the file between opening and locking it here.
        with suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                file.truncate(0)
                file.write(f"process {os.getpid()}")
                file.flush()
                return file
        file.close()


def _holder(file: IO[str]) -> str:
    """The holder of the lock, as written in its file, which is empty for a moment after the lock was taken."""
    deadline = time.monotonic() + _NAME_TIMEOUT
    while True:
        file.seek(0)
        if name := file.read().strip():
            return name
        if time.monotonic() > deadline:
            return "another process"
        time.sleep(0.01)


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 20)  # past the end of the file: locked bytes cannot be read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
