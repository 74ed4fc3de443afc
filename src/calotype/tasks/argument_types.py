"""Check the types of a verb's arguments before anything else reads them: in Python they may be anything."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from inspect import Parameter
from numbers import Real
from typing import Any

from calotype.errors import ArgumentError
from calotype.kinds import KINDS
from calotype.tasks.param import Param, described
from calotype.types import MOST_SEED

_LISTED = ("text", "move")  # kinds whose texts may be lists of values, which Python gives as lists or tuples
_NOTHING = (Parameter.empty, None, "", ())  # defaults in whose place None may be given
_WORDS = ("engine", "preset", "device")  # kinds that are names


def checked_types(task: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a verb; a list of values for a text of several becomes that text: (0.2, 0, 0) "0.2,0,0".

    An empty list is ``None`` where nothing is the default.

    Args:
        task: the function of the verb.
        given: its arguments by name.

    Raises:
        ArgumentError: one of another type, or a seed out of range.
    """
    found = dict(given)
    for name, (about, default) in described(task).items():
        if name not in given or (given[name] is None and default in _NOTHING):
            continue
        checked = _checked(given[name], name, about)
        found[name] = None if about.kind in _LISTED and default is None and checked == "" else checked
    return found


def check_types(task: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """See ``checked_types``, for verbs that need no text of several values."""
    checked_types(task, given)


def _checked(value: Any, name: str, about: Param) -> Any:
    if about.kind in _LISTED:
        return _as_text(value, name, about)
    wanted = _wanted(value, name, about)
    if wanted:
        raise _refused(value, name, about, wanted)
    return value


def _refused(value: Any, name: str, about: Param, wanted: str) -> ArgumentError:
    return ArgumentError(f"{name}={_shown(value)} cannot be used: give {wanted} ({about.flag(name)}, {name}=)")


def _wanted(value: Any, name: str, about: Param) -> str:
    """What is to be given in the place of a value; empty where it can be used.

    The range of ``seed`` depends on the number of outputs: the verbs check it.
    """
    form, whole = KINDS[about.kind].form, _whole(value)
    if form == "whole" and whole is None:
        return "a whole number"
    if about.kind == "seed" and whole is not None and not 0 <= whole <= MOST_SEED and name != "seed":
        return "a whole number from 0 to 2**53"
    if form == "number" and not _is_number(value):
        return "a number"
    if form == "switch" and not _is_switch(value):
        return "True or False"
    if about.kind == "settings" and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        return "a dictionary of names and values, like {'steps': 100}"
    return "a name" if about.kind in _WORDS and not isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    """A whole number, one of NumPy too; ``None`` for anything else."""
    if isinstance(value, bool) or _has_axes(value):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _has_axes(value: Any) -> bool:
    return bool(getattr(value, "shape", ()))


def _is_number(value: Any) -> bool:
    """Whether it is a number, one of NumPy or a tensor without axes too; verbs refuse what is not finite themselves."""
    if isinstance(value, bool | str | bytes) or _has_axes(value):
        return False
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _is_switch(value: Any) -> bool:
    return value is None or isinstance(value, bool) or (not _has_axes(value) and value in (0, 1))


def _as_text(value: Any, name: str, about: Param) -> Any:
    several = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(several, list | tuple) and all(isinstance(each, str | Real) for each in several):
        return ",".join(str(each) for each in several)
    whole = _whole(value)
    if not isinstance(value, str) and whole is None:
        raise _refused(value, name, about, "a text, or a list of values")
    return value if isinstance(value, str) else str(whole)


def _shown(value: Any) -> str:
    """A value as it is told in a message: short, in one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
