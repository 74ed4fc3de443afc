"""What became of every picture of a folder of photos: one line of JSON each, beside the pictures.

Lines are only ever added, each in one piece, so nothing that happens to a process can take away what stands there; of a
line that was cut short only that line is lost. What is said last of a picture holds. Several processes may add to one
manifest, be they on one machine or on several that share the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from calotype.files import output_error

MANIFEST = "manifest.jsonl"


def hash_of(settings: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits that are the same for the same settings, and for no other."""
    return hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode()).hexdigest()[:16]


class Manifest:
    """The manifest of a folder; one without a folder knows nothing and keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Read what is there."""
        self._folder = folder
        self._known = {} if folder is None else _read(folder / MANIFEST)

    @property
    def path(self) -> Path | None:
        """Where it is, or will be."""
        return None if self._folder is None else self._folder / MANIFEST

    def holds(self, path: Path, settings: str) -> bool:
        """Whether ``path`` is a picture of settings with that hash, as whole as it was written."""
        record = self._known.get(self._name(path), {})
        if record.get("state") != "done" or record.get("settings") != settings:
            return False
        try:
            return path.stat().st_size == record.get("bytes")
        except OSError:
            return False

    def done(self, path: Path, settings: str, seconds: float | None, **about: Any) -> None:
        """Write down a picture that is on the disk; no ``seconds``: it was there before.

        Raises:
            OutputError: the manifest cannot be written.
        """
        size = path.stat().st_size if self._folder else 0
        took = None if seconds is None else round(seconds, 3)
        self._add(path, {**about, "settings": settings, "state": "done", "seconds": took, "bytes": size})

    def failed(self, path: Path, reason: str, **about: Any) -> None:
        """Write down a picture that could not be made.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self._add(path, {**about, "state": "failed", "reason": reason})

    def _name(self, path: Path) -> str:
        # Relative, so that the folder can be moved with all that is in it.
        return os.path.relpath(path, self._folder) if self._folder else str(path)

    def _add(self, path: Path, record: dict[str, Any]) -> None:
        if self._folder is None:
            return
        name = self._name(path)
        record = {"path": name, **record}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _append(self._folder / MANIFEST, json.dumps(record))
        except OSError as error:
            raise output_error(self._folder / MANIFEST, error) from error
        self._known[name] = record


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The last record of each picture."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    known = {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):  # cut short, or not ours
            record = json.loads(line)
            known[str(record["path"])] = record
    return known


def _append(path: Path, line: str) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        with _alone(file):
            end = os.lseek(file, 0, os.SEEK_END)
            # After a line that was cut short a new one begins.
            cut = end > 0 and _byte_before(file, end) != b"\n"
            os.write(file, f"{chr(10) if cut else ''}{line}\n".encode())
    finally:
        os.close(file)


def _byte_before(file: int, end: int) -> bytes:
    os.lseek(file, end - 1, os.SEEK_SET)
    return os.read(file, 1)


@contextmanager
def _alone(file: int) -> Any:
    """While this process alone adds to ``file``. Appending is in one piece on local disks, but not on shared ones."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with suppress(OSError):  # a disk without locks
        fcntl.lockf(file, fcntl.LOCK_EX)
    yield  # the lock goes with the file
