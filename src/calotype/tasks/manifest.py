"""The manifest of an output folder: the state of each picture, as one line of JSON per record.

The file is only appended to, one complete line at a time, so a process that dies loses at most its own line. The last
record of a picture is valid. Several processes, also on different machines with a shared disk, can use one manifest.
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
    """The hash of settings, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode()).hexdigest()[:16]


class Manifest:
    """The manifest of a folder; without a folder it is empty and records nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Read the existing records."""
        self._folder = folder
        records = [] if folder is None else _read(folder / MANIFEST)
        self._known = {str(record["path"]): record for record in records}
        # A failed attempt leaves the file of the one before.
        self._sizes = {str(one["path"]): one.get("bytes") for one in records if one.get("state") == "done"}

    @property
    def path(self) -> Path | None:
        """The file, which may not exist yet; ``None`` without a folder."""
        return None if self._folder is None else self._folder / MANIFEST

    def holds(self, path: Path, settings: str) -> bool:
        """Whether ``path`` is recorded as done with that hash of settings, and has the recorded file size."""
        record = self._known.get(self._name(path), {})
        return record.get("state") == "done" and record.get("settings") == settings and self.made(path)

    def made(self, path: Path) -> bool:
        """Whether ``path`` has the file size that was recorded when it was last done, with any settings."""
        try:
            return path.stat().st_size == self._sizes.get(self._name(path))
        except OSError:
            return False

    def done(self, path: Path, settings: str, seconds: float | None, **about: Any) -> None:
        """Record a finished picture; ``seconds`` is ``None`` if it existed before.

        Raises:
            OutputError: the manifest cannot be written.
        """
        size = path.stat().st_size if self._folder else 0
        rounded_seconds = None if seconds is None else round(seconds, 3)
        self._add(path, {**about, "settings": settings, "state": "done", "seconds": rounded_seconds, "bytes": size})

    def failed(self, path: Path, reason: str, **about: Any) -> None:
        """Record a failed picture.

        Raises:
            OutputError: the manifest cannot be written.
        """
        self._add(path, {**about, "state": "failed", "reason": reason})

    def _name(self, path: Path) -> str:
        # Relative, so that the folder can be moved.
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
        if record["state"] == "done":
            self._sizes[name] = record["bytes"]


def _read(path: Path) -> list[dict[str, Any]]:
    """All records, oldest first; each has a path."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    records = []
    for line in lines:
        with suppress(ValueError):  # truncated or invalid line
            record = json.loads(line)
            if isinstance(record, dict) and "path" in record:
                records.append(record)
    return records


def _append(path: Path, line: str) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        with _locked(file):
            end = os.lseek(file, 0, os.SEEK_END)
            # Start a new line after a truncated one.
            truncated = end > 0 and _byte_before(file, end) != b"\n"
            os.write(file, f"{chr(10) if truncated else ''}{line}\n".encode())
    finally:
        os.close(file)


def _byte_before(file: int, end: int) -> bytes:
    os.lseek(file, end - 1, os.SEEK_SET)
    return os.read(file, 1)


@contextmanager
def _locked(file: int) -> Any:
    """Lock ``file`` in the block, as appending is atomic on local disks but not on shared ones."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with suppress(OSError):  # the file system does not support locks
        fcntl.lockf(file, fcntl.LOCK_EX)
    yield  # closing the file releases the lock
