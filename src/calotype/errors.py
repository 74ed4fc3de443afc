"""Errors that the user can fix. Each message is one line that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterable

_CLOSE = 0.6  # least similarity of a name that is suggested, 0..1, as difflib measures it


class CalotypeError(Exception):
    """An error that the user can fix. ``str(error)`` is one line: what is wrong, and what to do about it."""


class InputError(CalotypeError, ValueError):
    """An invalid photo, mask, size, option or preset."""


class ArgumentError(InputError):
    """An invalid argument: the call or command is wrong, whatever the files hold. The exit status of a command is 2."""


class ModelError(InputError):
    """A trained model that cannot be used for a verb. Unlike an invalid argument, it is an input."""


class FolderError(InputError):
    """A folder of inputs that cannot be used. Unlike an invalid argument, it is an input."""


class OutputError(CalotypeError):
    """A result could not be written: no permission, no disk space, or an invalid path."""


class UnwritableName(OutputError):  # noqa: N818  (named after the state)
    """One result could not be written because of its name; the others can."""


class Stopped(CalotypeError):  # noqa: N818  (not an error but a request)
    """The work was stopped on request. Finished outputs are on disk; running the same command again resumes."""


def unknown(kind: str, name: str, known: Iterable[str], advice: str = "") -> str:
    """The message for an unknown ``name`` of a ``kind``, with the closest of ``known``, and ``advice`` or all names."""
    import difflib

    names = list(known)
    closest = difflib.get_close_matches(name, names, n=1, cutoff=_CLOSE)
    suggestion = f"did you mean '{closest[0]}'? " if closest else ""
    return f"there is no {kind} '{name}': {suggestion}{advice or 'choose from ' + ', '.join(names)}"


def listed(names: Iterable[str], most: int = 3) -> str:
    """The first names of a list, and how many more there are: ``a, b, c and 4 more``."""
    given = list(names)
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def counted(count: int, thing: str) -> str:
    """A number of things: ``1 box``, ``2 boxes``, ``0 identities``."""
    if count == 1:
        return f"1 {thing}"
    if thing.endswith("y"):
        return f"{count} {thing[:-1]}ies"
    return f"{count} {thing}{'es' if thing.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def nth(index: int) -> str:
    """The place in a list as people count, from 1, of an index, which counts from 0: ``1st``, ``2nd``, ``11th``."""
    place = index + 1
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def one_line(error: BaseException) -> str | None:
    """The message for the user; ``None`` for an unexpected error, which is a bug."""
    if isinstance(error, CalotypeError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        name = "a path" if error.filename is None else f"'{str(error.filename)[:40]}...'"
        return f"{name} names no file: it is too long"
    text = str(error)
    # torch has an error class for this on GPUs but not on CPUs; it must not be imported here.
    out_of_memory = type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and out_of_memory):
        return "there is not enough memory: shrink the photo with --max-side 800, or give a smaller --size"
    return None
