"""What can go wrong through no fault of the code: every message is one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterable


class CalotypeError(Exception):
    """A problem that the user can mend. ``str(error)`` is one line: what is wrong, and what to do about it."""


class InputError(CalotypeError, ValueError):
    """A photo, mask, size, option or preset that cannot be used as given."""


class OutputError(CalotypeError):
    """A result that could not be written: no permission, no disk, no such place."""


class Stopped(CalotypeError):
    """The work was stopped on request. What was finished is on disk; running the same command again goes on."""


def nearest(word: str, known: Iterable[str]) -> str:
    """``", did you mean 'loose'?"`` for a word that is nearly one of ``known``, else nothing: to go into a message."""
    import difflib

    match = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f", did you mean '{match[0]}'?" if match else ""
