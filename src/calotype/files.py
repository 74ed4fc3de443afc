"""Atomic writing of files and folders, and cache folders."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from calotype.errors import InputError, OutputError, UnwritableName

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

CACHE_VARIABLE = "CALOTYPE_CACHE"
CACHE_KINDS = ("data", "inversions", "jobs", "models", "packages", "segmenters", "sets", "weights")
_PART = ".calotype-"  # how the names of unfinished files begin
_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another folder",
    errno.EACCES: "no permission: choose a folder that you may write to",
    errno.EPERM: "no permission: choose a folder that you may write to",
    errno.EFBIG: "files of this size are not allowed there: raise the limit (ulimit -f), or choose another folder",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENOENT: "no folder can be made there: choose another folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder: choose another folder",
    errno.EEXIST: "there is a file of that name: choose another folder",
    errno.EISDIR: "there is a folder of that name: choose another name",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}
# Errors that concern one file; the others concern all of a folder.
_OF_ONE_FILE = {errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL}


def shown(path: object) -> str:
    """``path`` for a one-line message: quoted, control characters escaped."""
    text = str(path)
    return f"'{text}'" if text.isprintable() else repr(text)


def printable(text: str) -> str:
    """``text`` with its control characters escaped, so that a terminal does not act on them."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def in_one_line(text: str) -> str:
    """``text`` as it is, or quoted with its control characters escaped, for a line that is printed."""
    return text if text.isprintable() else repr(text)


def shortened(name: str, most: int) -> str:
    """``name``, or its beginning and a hash of it, so that it has at most ``most`` bytes on disk."""
    if len(os.fsencode(name)) <= most:
        return name
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    kept = name[:most]
    while len(os.fsencode(kept)) > most - len(digest) - 1:
        kept = kept[:-1]
    return f"{kept}~{digest}"


def cache_folder(kind: str) -> Path:
    """The cache folder for ``kind``, one of ``CACHE_KINDS``: in ``CALOTYPE_CACHE``, or in the system's cache folder."""
    configured_folder = os.environ.get(CACHE_VARIABLE)
    if configured_folder:
        return Path(configured_folder).expanduser() / kind
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("calotype", appauthor=False)) / kind


def read_error(path: object, error: OSError | ValueError, advice: str) -> InputError:
    """The error with a one-line message: why an input could not be read, and what to do about it.

    Args:
        path: of the input.
        error: what was raised.
        advice: what to do where it is there and cannot be read.
    """
    if isinstance(error, FileNotFoundError):
        return InputError(f"{shown(path)} does not exist: check the name and the folder")
    if isinstance(error, NotADirectoryError):
        return InputError(f"{shown(path)} does not exist: a part of its path is a file, not a folder")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return InputError(f"{shown(path)} cannot be read ({reason}): {advice}")


def sha256_of_files(files: Iterable[Path]) -> str:
    """The SHA-256 of the names and the contents of files, in their order, as 64 hexadecimal digits.

    Raises:
        InputError: one cannot be read.
    """
    whole = hashlib.sha256()
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise read_error(path, error, "look at its permissions") from error
        whole.update(os.fsencode(path.name) + hashlib.sha256(content).digest())
    return whole.hexdigest()


def output_error(path: Path, error: OSError) -> OutputError:
    """The error with a one-line message: why ``path`` could not be written, and what to do about it.

    Of a path in a folder of the cache the message names ``CALOTYPE_CACHE``, as the user has not chosen that folder.
    """
    of_one_file = error.errno in _OF_ONE_FILE
    advice = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
    if not of_one_file and _in_cache(path):
        advice += f", or set {CACHE_VARIABLE} to a folder for what is kept"
    kind = UnwritableName if of_one_file else OutputError
    return kind(f"cannot write {shown(path)}: {advice}")


def _in_cache(path: Path) -> bool:
    """Whether a path is in one of the folders that calotype makes in the cache."""
    path, cache = (Path(os.path.abspath(each)) for each in (path, cache_folder("")))
    return path.is_relative_to(cache) and path.relative_to(cache).parts[:1] in {(kind,) for kind in CACHE_KINDS}


def check_writable(folder: Path) -> None:
    """Check before the work that an output folder, which may not exist yet, can be written to.

    Raises:
        OutputError: it cannot.
    """
    try:
        existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        if not existing.is_dir():
            raise OSError(errno.ENOTDIR, "")
        # Tried, as permissions do not tell of disks that are read-only and of folders that programs make up.
        part = existing / f"{_PART}{secrets.token_hex(6)}.part"
        part.mkdir()
        with suppress(FileNotFoundError):  # another process takes it for one that was left
            part.rmdir()
    except OSError as error:
        raise output_error(folder, error) from error


def check_no_input(path: Path, inputs: Iterable[Path]) -> None:
    """Check before the work that a file that is to be written is none of the inputs.

    Raises:
        OutputError: it is one.
    """
    if path.exists() and any(given.exists() and path.samefile(given) for given in inputs):
        raise OutputError(f"{shown(path)} is an input of this command: give another -o")


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file atomically: call ``write`` with an open binary file, then move it to ``path``.

    The content is written to a hidden file in the same folder (created if missing), synchronised to disk, and replaces
    ``path``. If this is interrupted, ``path`` is unchanged and no partial file is left; if the process is killed, one
    is, see ``remove_stale_parts``.

    Raises:
        OutputError: no permission, no disk space, or an invalid path.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part, file = _new_part(path.parent)
            with file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                if fcntl:  # still locked, so that nobody takes it for one that was left
                    os.replace(part, path)
            if not fcntl:  # Windows moves no open file
                os.replace(part, path)
        except BaseException:
            if part is not None:
                part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise output_error(path, error) from error


def is_free(folder: Path) -> bool:
    """Whether a folder does not exist, or has nothing in it but what an interrupted ``write_folder`` left.

    Raises:
        OSError: it may not be looked into.
    """
    return not folder.exists() or (folder.is_dir() and not any(not _is_part(each) for each in folder.iterdir()))


def _is_part(path: Path) -> bool:
    return path.name.startswith(_PART) and path.name.endswith(".part")


def write_folder(
    folder: Path, write: Callable[[Path], object], then: Callable[[], object] = lambda: None, last: str = ""
) -> None:
    """Write a folder whole or not at all: call ``write`` with a hidden folder, then move its entries to ``folder``.

    If this is interrupted, nothing is left: no part, no parent folder that was created. An empty folder that existed
    before stays, as it may be a link, the mount point of a disk, or have permissions of its own. If the process is
    killed, a part is left, which the next call that writes there deletes.

    Args:
        folder: to be created; must not exist, or be empty.
        write: fills a folder.
        then: called when ``folder`` is complete; where it fails, ``folder`` is deleted again.
        last: name of the entry that appears last, which tells others that the folder is complete.

    Raises:
        OutputError: no permission, no disk space, an invalid path, or an entry that has appeared there meanwhile.
    """
    target = Path(os.path.realpath(folder))
    try:
        created = [each for each in (target, *target.parents) if not each.exists()]
        place_of_part = target.parent if created else target
        part: Path | None = None
        lock: int | None = None
        moves: list[tuple[Path, Path]] = []
        try:
            remove_stale_parts(place_of_part)
            part, lock = _new_part_folder(place_of_part)
            write(part)
            entries = sorted(part.iterdir(), key=lambda each: (each.name == last, each.name))
            moves = [(part, target)] if created else [(each, target / each.name) for each in entries]
            for source, place in moves:
                if place.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
                source.replace(place)
            if not created:
                part.rmdir()
            then()
        except BaseException:
            made = [place for source, place in moves if not source.exists()]
            for path in [*made, *([] if part is None else [part])]:
                path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
            for path in created[1:]:
                with suppress(OSError):  # others may have written there meanwhile
                    path.rmdir()
            raise
        finally:
            if lock is not None:
                os.close(lock)
    except OSError as error:
        raise output_error(folder, error) from error


def _new_part(folder: Path) -> tuple[Path, BinaryIO]:
    """A new hidden file, open and locked as long as it is open, where the file system has locks."""
    while True:
        # Not tempfile.mkstemp, whose files are readable by their owner only.
        part = folder / f"{_PART}{secrets.token_hex(6)}.part"
        file = open(part, "xb")  # noqa: SIM115  (closed by the caller)
        if not fcntl:
            return part, file
        if _locked(file.fileno()) and os.fstat(file.fileno()).st_nlink:
            return part, file
        file.close()


def _new_part_folder(parent: Path) -> tuple[Path, int | None]:
    """A new hidden folder, and a descriptor of it that is locked as long as it is open, where there are locks."""
    while True:
        part = parent / f"{_PART}{secrets.token_hex(6)}.part"
        part.mkdir(parents=True)
        if not fcntl:
            return part, None
        try:
            descriptor = os.open(part, os.O_RDONLY)
        except FileNotFoundError:  # ``remove_stale_parts`` has come in between
            continue
        if _locked(descriptor) and part.is_dir():
            return part, descriptor
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Lock a new part; ``False`` if ``remove_stale_parts`` holds it, which deletes it next."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks there
        pass
    return True


def remove_stale_parts(folder: Path, *, below: bool = False) -> None:
    """Delete what processes that have died have left of files and folders that they were writing in ``folder``.

    Args:
        folder: the folder.
        below: also in all folders in it.

    What another process is writing is locked, and stays. Without locks on the file system, or without the permission,
    nothing is deleted.
    """
    for part in list((folder.rglob if below else folder.glob)(f"{_PART}*.part")):
        if os.path.isdir(part):  # never raises
            _remove_stale_folder(part)
            continue
        with suppress(OSError), open(part, "rb") as file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()
        if not fcntl:
            with suppress(OSError):  # Windows deletes no open file
                part.unlink()


def _remove_stale_folder(part: Path) -> None:
    """Delete a part of a folder, unless a process is writing it; on Windows, where that cannot be told, it stays."""
    if not fcntl:
        return
    with suppress(OSError):
        descriptor = os.open(part, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part, ignore_errors=True)
        finally:
            os.close(descriptor)


def remove_parts(folder: Path) -> None:
    """Delete what killed processes have left of files that they were writing in ``folder``.

    No other process may be writing there.
    """
    for part in folder.glob(f"{_PART}*.part"):
        with suppress(OSError):
            part.unlink()
