"""Pictures decoded once: bytes of one shape, in a file that is mapped into memory, or in memory.

Decoding and shrinking a photo takes longer than a training step on it. So a data set does it once, for all of them, and
keeps what came out where the user's caches are; it is made anew when a file or the wanted size has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from calotype.errors import InputError
from calotype.files import cache_folder, shown, write_whole

_FORMAT = 1
_ROWS, _INDEX = "rows.u8", "index.json"
_BLOCK = 32  # sources a worker reads ahead of those that are written
_WORST = 3  # of the sources passed over, how many a message names
Source = tuple[Path, ...]  # the files that one row is made of
Read = TypeVar("Read")
Progress = Callable[[int, int], object]  # called with how many are done and how many there are


@dataclass(frozen=True)
class Decoded:
    """Rows of bytes, one a source that could be read.

    Attributes:
        rows: uint8 [n, ...].
        numbers: of each row, the number of its source, ascending.
        skipped: of each source that could not be read, its number and why.
    """

    rows: NDArray[np.uint8]
    numbers: tuple[int, ...]
    skipped: dict[int, str]

    def report(self) -> str:
        """One line about what was passed over; empty where nothing was."""
        if not self.skipped:
            return ""
        worst = "; ".join(f"number {number}: {why}" for number, why in list(self.skipped.items())[:_WORST])
        more = f"; and {len(self.skipped) - _WORST} more" if len(self.skipped) > _WORST else ""
        count = len(self.skipped) + len(self.numbers)
        return f"{len(self.skipped)} of {count} pictures could not be read and are passed over: {worst}{more}"


def decoded(
    sources: Sequence[Source],
    shape: tuple[int, ...],
    read: Callable[[int], Read],
    fit: Callable[[Read], NDArray[np.uint8]],
    *,
    about: str,
    keep: bool = True,
    on_progress: Progress | None = None,
) -> Decoded:
    """Decode every source, or take what was kept of an earlier time.

    Args:
        sources: the files of each row.
        shape: of a row.
        read: reads the source of that number; called from several threads. What it answers with an ``InputError`` is
            passed over.
        fit: makes the row, uint8 of ``shape``, of what was read; called from one thread. An ``InputError`` is passed
            over, too.
        about: whatever else the rows depend on, in words.
        keep: keep the rows on the disk, in ``CALOTYPE_CACHE`` or where this system keeps caches; otherwise they are
            held in memory.
        on_progress: called while it is decoded.

    Raises:
        InputError: not one source can be read, or a file is gone.
        OutputError: the rows cannot be kept.
    """
    if not keep:
        held: list[NDArray[np.uint8]] = []
        index = _decode(sources, read, fit, held.append, on_progress)
        return _checked(Decoded(np.stack(held) if held else np.empty((0, *shape), np.uint8), *index))
    folder = cache_folder("data") / _key(sources, shape, about)
    there = _kept(folder, shape)
    if there is None:
        found: list[tuple[tuple[int, ...], dict[int, str]]] = []

        def write(file: BinaryIO) -> None:
            found.append(_decode(sources, read, fit, lambda row: file.write(row.tobytes()), on_progress))

        write_whole(folder / _ROWS, write)
        numbers, skipped = found[0]
        text = json.dumps({"format": _FORMAT, "shape": shape, "numbers": numbers, "skipped": skipped})
        write_whole(folder / _INDEX, lambda file: file.write(text.encode()))  # last: without it there is nothing
        there = _kept(folder, shape)
        if there is None:
            raise InputError(f"what was just kept in {shown(folder)} is damaged: check the disk")
    return _checked(there)


def _decode(
    sources: Sequence[Source],
    read: Callable[[int], Read],
    fit: Callable[[Read], NDArray[np.uint8]],
    take: Callable[[NDArray[np.uint8]], object],
    on_progress: Progress | None,
) -> tuple[tuple[int, ...], dict[int, str]]:
    numbers, skipped = [], {}
    # Only reading is shared out, which lets go of the interpreter; torch's own threads would get into each other's way.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for number, found in enumerate(_ahead(pool, read, len(sources))):
            try:
                if isinstance(found, InputError):
                    raise found
                row = np.ascontiguousarray(fit(found))
            except InputError as error:
                skipped[number] = str(error)
            else:
                take(row)
                numbers.append(number)
            if on_progress is not None:
                on_progress(number + 1, len(sources))
    return tuple(numbers), skipped


def _ahead(pool: ThreadPoolExecutor, read: Callable[[int], Read], count: int) -> Iterator[Read | InputError]:
    """What was read of each number, in their order, never more than a block of them in memory."""

    def answer(number: int) -> Read | InputError:
        try:
            return read(number)
        except InputError as error:
            return error

    waiting = iter(range(count))
    begun = [pool.submit(answer, number) for number in islice(waiting, _BLOCK)]
    while begun:
        yield begun.pop(0).result()
        begun += [pool.submit(answer, number) for number in islice(waiting, 1)]


def _checked(found: Decoded) -> Decoded:
    if not found.numbers:
        raise InputError(f"not one picture can be read: {found.report() or 'there is none'}")
    return found


def _key(sources: Sequence[Source], shape: tuple[int, ...], about: str) -> str:
    said = hashlib.sha256(json.dumps([_FORMAT, shape, about]).encode())
    for source in sources:
        for path in source:
            try:
                status = path.stat()
            except OSError:
                raise InputError(f"{shown(path)} cannot be read: check that it is still there") from None
            said.update(f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogatepass"))
    return said.hexdigest()[:20]


def _kept(folder: Path, shape: tuple[int, ...]) -> Decoded | None:
    """What was kept earlier; ``None`` where nothing was, or not all of it is there any more."""
    try:
        index = json.loads((folder / _INDEX).read_text())
        numbers = tuple(int(number) for number in index["numbers"])
        skipped = {int(number): str(why) for number, why in index["skipped"].items()}
        if index["format"] != _FORMAT or (folder / _ROWS).stat().st_size != len(numbers) * int(np.prod(shape)):
            return None
        if not numbers:
            return Decoded(np.empty((0, *shape), np.uint8), numbers, skipped)
        # Copied on write: nothing that a caller does to a row reaches the file.
        rows = np.memmap(folder / _ROWS, np.uint8, "c", shape=(len(numbers), *shape))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Decoded(rows, numbers, skipped)
