"""Cache of decoded images: rows of bytes of one shape, in a memory-mapped file or in memory.

Decoding and downsampling a photo takes longer than a training step on it. So a data set does it once for all photos and
caches the result in the user's cache folder; it is recomputed when a file or the size changes.
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
_BLOCK = 32  # sources read ahead of the one being written
_NAMED = 3  # skipped sources named in a message
Source = tuple[Path, ...]  # the files of one row
Read = TypeVar("Read")
Progress = Callable[[int, int], object]  # called with the number done and the total


@dataclass(frozen=True)
class Decoded:
    """Rows of bytes, one per readable source.

    Attributes:
        rows: uint8 [n, ...].
        numbers: source index of each row, ascending.
        skipped: index and reason of each source that could not be read.
    """

    rows: NDArray[np.uint8]
    numbers: tuple[int, ...]
    skipped: dict[int, str]

    def report(self) -> str:
        """One line about the skipped sources; empty if there are none."""
        if not self.skipped:
            return ""
        worst = "; ".join(f"number {number}: {why}" for number, why in list(self.skipped.items())[:_NAMED])
        more = f"; and {len(self.skipped) - _NAMED} more" if len(self.skipped) > _NAMED else ""
        count = len(self.skipped) + len(self.numbers)
        return f"{len(self.skipped)} of {count} pictures could not be read and are skipped: {worst}{more}"


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
    """Decode every source, or return the cached result.

    Args:
        sources: the files of each row.
        shape: of a row.
        read: reads the source of an index; called from several threads. Sources that raise ``InputError`` are skipped.
        fit: converts a read source to a row, uint8 of ``shape``; called from one thread. An ``InputError`` skips it,
            too.
        about: everything else that the rows depend on, as text: part of the cache key.
        keep: cache on disk, in ``CALOTYPE_CACHE`` or the system's cache folder; otherwise in memory.
        on_progress: called while decoding.

    Raises:
        InputError: no source can be read, or a file is missing.
        OutputError: the rows cannot be cached.
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
        write_whole(
            folder / _INDEX, lambda file: file.write(text.encode())
        )  # last: without it the cache entry does not exist
        there = _kept(folder, shape)
        if there is None:
            raise InputError(f"the cache just written to {shown(folder)} is damaged: check the disk")
    return _checked(there)


def _decode(
    sources: Sequence[Source],
    read: Callable[[int], Read],
    fit: Callable[[Read], NDArray[np.uint8]],
    take: Callable[[NDArray[np.uint8]], object],
    on_progress: Progress | None,
) -> tuple[tuple[int, ...], dict[int, str]]:
    numbers, skipped = [], {}
    # Only reading runs in threads, since it releases the interpreter lock; torch's own threads would compete.
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
    """Results of reading, in order, with at most one block of them in memory."""

    def attempt(number: int) -> Read | InputError:
        try:
            return read(number)
        except InputError as error:
            return error

    remaining = iter(range(count))
    futures = [pool.submit(attempt, number) for number in islice(remaining, _BLOCK)]
    while futures:
        yield futures.pop(0).result()
        futures += [pool.submit(attempt, number) for number in islice(remaining, 1)]


def _checked(found: Decoded) -> Decoded:
    if not found.numbers:
        raise InputError(f"no picture can be read: {found.report() or 'the set is empty'}")
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
    """The cached rows; ``None`` if there are none, or they are incomplete."""
    try:
        index = json.loads((folder / _INDEX).read_text())
        numbers = tuple(int(number) for number in index["numbers"])
        skipped = {int(number): str(why) for number, why in index["skipped"].items()}
        if index["format"] != _FORMAT or (folder / _ROWS).stat().st_size != len(numbers) * int(np.prod(shape)):
            return None
        if not numbers:
            return Decoded(np.empty((0, *shape), np.uint8), numbers, skipped)
        # Copy-on-write: modified rows do not change the file.
        rows = np.memmap(folder / _ROWS, np.uint8, "c", shape=(len(numbers), *shape))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Decoded(rows, numbers, skipped)
