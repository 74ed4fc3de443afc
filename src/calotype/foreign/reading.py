"""Reading a file, with messages of one line."""

from __future__ import annotations

from pathlib import Path

from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.foreign.framing import unpacked
from calotype.foreign.limits import Broken, Budget, Limits, Refused
from calotype.foreign.names import COMMON, Names

ADVICE = "get the file from its author"


def read(
    path: str | Path, names: Names = COMMON, *, kind: str = "file of weights", limits: Limits | None = None
) -> object:
    """What a file holds, with nothing in it executed.

    Args:
        path: the file.
        names: the names that it may contain.
        kind: what it should be, for messages.
        limits: what reading may cost.

    Returns:
        Plain values, dictionaries, lists and tuples; ``View`` for tensors, ``Array`` for NumPy arrays, ``Record`` for
        other objects, ``Name`` for classes.

    Raises:
        InputError: it cannot be read, is too large or damaged, or contains something that no such file needs.
    """
    path, limits = Path(path), limits or Limits()
    try:
        size = path.stat().st_size
        if size > limits.file:
            raise InputError(f"{shown(path)} is too large for a {kind}: {ADVICE}")
        data = path.read_bytes()
    except OSError as error:
        raise read_error(path, error, f"give the path of a {kind}") from error
    return read_bytes(data, names, kind=kind, label=shown(path), limits=limits)


def read_bytes(
    data: bytes, names: Names = COMMON, *, kind: str = "file of weights", label: str = "the file", limits: Limits
) -> object:
    """As ``read``, for bytes in memory; ``label`` names them in messages."""
    try:
        return unpacked(memoryview(data), names, Budget(limits, len(data)))
    except Refused as error:
        need = f", which no {kind} needs" if str(error).startswith(("names", "uses")) else ""
        raise InputError(f"{label} {error}{need}: nothing in it was run; {ADVICE}") from None
    except Broken as error:
        raise InputError(f"{label} is broken, or no {kind} ({error}): {ADVICE}") from None
    except (MemoryError, RecursionError):
        raise InputError(f"{label} is broken, or no {kind}: {ADVICE}") from None
