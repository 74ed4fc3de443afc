"""Counts the file operations of a process in a folder, and kills the process at a chosen one.

Counted are opening for writing, writing, synchronising, renaming, deleting, and making and removing folders. The
process is killed just before the operation; a write is done half. ``install`` is called in the process, see
``crashes.py``.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EVENTS = {
    "os.rename": "rename",
    "os.remove": "unlink",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.truncate": "truncate",
}
_EVENTS |= {"os.link": "link", "os.symlink": "symlink"}
_write, _fsync, _open = os.write, os.fsync, builtins.open


class Hook:
    """Counts operations below ``folder``; kills this process at number ``at``, from 1; 0: never.

    Each one is written to ``log`` as a line: the operation and the path within the folder.
    """

    def __init__(self, folder: Path, at: int, log: Path | None, killed: Path | None = None) -> None:
        self._killed = killed
        self.folder, self.at, self.count = os.path.realpath(folder) + os.sep, at, 0
        self._log = -1 if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def reached(self, what: str, path: Any) -> bool:
        """Count an operation; whether the process is to be killed at it."""
        name = self._within(path)
        if name is None:
            return False
        self.count += 1
        if self._log >= 0:
            _write(self._log, f"{what} {name}\n".encode())
        if self.count == self.at and self._killed is not None:
            self._killed.touch()
        return self.count == self.at

    def stop(self) -> None:
        """Count no more: in a fork, which is not to be killed."""
        self.folder = "\0"

    def _within(self, path: Any) -> str | None:
        if isinstance(path, int):
            try:
                path = os.readlink(f"/proc/self/fd/{path}")
            except OSError:
                return None
        try:
            whole = os.path.abspath(os.fsdecode(path))
        except TypeError:
            return None
        return whole.removeprefix(self.folder) if whole.startswith(self.folder) else None

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not (isinstance(flags, int) and flags & _WRITING):
                return
            what = "open"
        elif event in _EVENTS:
            what, path = _EVENTS[event], self._place(event, arguments)
        else:
            return
        if self.reached(what, path):
            die()

    @staticmethod
    def _place(event: str, arguments: tuple[Any, ...]) -> Any:
        path, descriptor = arguments[0], arguments[-1]
        if event in ("os.remove", "os.rmdir", "os.mkdir") and isinstance(descriptor, int) and descriptor >= 0:
            return os.path.join(os.readlink(f"/proc/self/fd/{descriptor}"), os.fsdecode(path))
        return path

    def write(self, file: int, data: bytes) -> int:
        if self.reached("write", file):
            _write(file, bytes(data)[: len(data) // 2])
            die()
        return _write(file, data)

    def fsync(self, file: Any) -> None:
        if self.reached("fsync", file if isinstance(file, int) else file.fileno()):
            die()
        _fsync(file)

    def open(self, path: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        """``open`` for ``calotype.files``, with writes that are counted."""
        if "b" not in mode or "r" in mode:
            return _open(path, mode, *more, **named)
        return _Writer(self, io.FileIO(path, mode.replace("b", "")))


class _Writer(io.BufferedWriter):
    def __init__(self, hook: Hook, raw: io.FileIO) -> None:
        super().__init__(raw)
        self._hook = hook

    def write(self, data: Any) -> int:
        if self._hook.reached("write", self.fileno()):
            super().write(bytes(data)[: len(data) // 2])
            self.flush()
            die()
        return super().write(data)


def die() -> None:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def install(folder: Path, at: int, log: Path | None = None, killed: Path | None = None) -> Hook:
    """Begin counting in this process.

    Args:
        folder: see ``Hook``.
        at: see ``Hook``.
        log: see ``Hook``.
        killed: a file outside the folder that is made before the process is killed.
    """
    hook = Hook(folder, at, log, killed)
    sys.addaudithook(hook.audit)
    os.write, os.fsync = hook.write, hook.fsync  # type: ignore[assignment]
    import calotype.files

    calotype.files.open = hook.open  # type: ignore[attr-defined]
    return hook
