"""What can go wrong through no fault of the code: every message is one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterable


class CalotypeError(Exception):
    """A problem that the user can mend. ``str(error)`` is one line: what is wrong, and what to do about it."""


class InputError(CalotypeError, ValueError):
    """A photo, mask, size, option or preset that cannot be used as given."""


class OutputError(CalotypeError):
    """A result that could not be written: no permission, no disk, no such place."""


class Stopped(CalotypeError):  # noqa: N818  (not an error: what was asked for)
    """The work was stopped on request. What was finished is on disk; running the same command again goes on."""


def unknown(kind: str, name: str, known: Iterable[str], advice: str = "") -> str:
    """The line that says that ``name`` is no ``kind``: with the nearest of ``known``, and ``advice`` or all of them."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    meant = f"did you mean '{near[0]}'? " if near else ""
    return f"there is no {kind} '{name}': {meant}{advice or 'choose from ' + ', '.join(names)}"


def one_line(error: BaseException) -> str | None:
    """What to tell the user; ``None`` for an error that is a fault of the program."""
    if isinstance(error, CalotypeError):
        return str(error)
    text = str(error)
    # torch has a class of its own for this on GPUs and none on CPUs, and may not be imported here to ask.
    out_of_memory = type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and out_of_memory):
        return "there is not enough memory for this: shrink the photo with --max-side 800 or ask for a smaller --size"
    return None
