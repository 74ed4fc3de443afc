"""Atomic writing of files, and errors for the user."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from calotype.errors import OutputError

CACHE_VARIABLE = "CALOTYPE_CACHE"
_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another folder",
    errno.EACCES: "no permission: choose a folder that you may write to",
    errno.EPERM: "no permission: choose a folder that you may write to",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder: choose another folder",
    errno.EEXIST: "a file has the name of the folder: choose another folder",
    errno.EISDIR: "a folder has that name: choose another name",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}


def shown(path: object) -> str:
    """``path`` quoted for a one-line message, control characters escaped."""
    text = str(path)
    return f"'{text}'" if text.isprintable() else repr(text)


def cache_folder(kind: str) -> Path:
    """The folder of a kind of cached files (models, data): in ``CALOTYPE_CACHE``, or in this system's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser() / kind
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("calotype", appauthor=False)) / kind


def output_error(path: Path, error: OSError) -> OutputError:
    """The one-line error that says why ``path`` could not be written and what to do about it."""
    advice = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
    return OutputError(f"cannot write {shown(path)}: {advice}")


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Call ``write`` with an open binary file and move the finished file to ``path`` atomically.

    The bytes go to a hidden file in the same folder (created if missing), which replaces ``path`` once it is complete
    and on the disk. If anything interrupts this, ``path`` keeps its former content and the hidden file is removed.

    Raises:
        OutputError: no permission, no disk space, no such folder.
    """
    # Not tempfile.mkstemp, whose files are readable by their owner only, which the result would inherit.
    part = path.parent / f".calotype-{secrets.token_hex(6)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise output_error(path, error) from error
