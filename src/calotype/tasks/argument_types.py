"""Check the types of a verb's arguments before anything else reads them: in Python they may be anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import Parameter
from numbers import Real
from typing import Any, SupportsIndex

from calotype.errors import ArgumentError
from calotype.kinds import KINDS
from calotype.tasks.param import Param, described
from calotype.types import MOST_SEED

_WORDS = ("text", "move")  # kinds whose texts may be lists of values, which Python gives as lists or tuples


def checked_types(task: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a verb; a list or tuple for a text of several values becomes that text: (0.2, 0, 0) "0.2,0,0".

    Args:
        task: the function of the verb.
        given: its arguments by name.

    Raises:
        ArgumentError: one of another type, a number that is not finite, or a seed out of range.
    """
    found = dict(given)
    for name, (about, default) in described(task).items():
        if name not in given or (given[name] is None and default in (None, Parameter.empty)):
            continue
        found[name] = _checked(given[name], name, about)
    return found


def check_types(task: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """See ``checked_types``, for verbs that need no text of several values."""
    checked_types(task, given)


def _checked(value: Any, name: str, about: Param) -> Any:
    if about.kind in _WORDS:
        return _as_text(value, name, about)
    wanted = _wanted(value, about)
    if wanted:
        raise ArgumentError(f"{name}={_shown(value)} cannot be used: give {wanted} ({about.flag(name)}, {name}=)")
    return value


def _wanted(value: Any, about: Param) -> str:
    """What is to be given in the place of a value; empty where it can be used."""
    form = KINDS[about.kind].form
    whole = isinstance(value, SupportsIndex) and not isinstance(value, bool)
    if form == "whole" and not whole:
        return "a whole number"
    if about.kind == "seed" and not 0 <= value.__index__() <= MOST_SEED:
        return "a whole number from 0 to 2**53"
    if form == "number" and not (_is_number(value) and math.isfinite(value)):
        return "a number"
    if form == "switch" and not _is_switch(value):
        return "True or False"
    if about.kind == "settings" and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        return "a dictionary of names and values, like {'steps': 100}"
    return ""


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, Real) or getattr(value, "shape", None) == ())


def _is_switch(value: Any) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, SupportsIndex) and value in (0, 1))


def _as_text(value: Any, name: str, about: Param) -> Any:
    if isinstance(value, list | tuple) and all(isinstance(each, str | Real) for each in value):
        return ",".join(str(each) for each in value)
    if not isinstance(value, str | SupportsIndex):
        raise ArgumentError(f"{name}={_shown(value)} cannot be used: give a text ({about.flag(name)}, {name}=)")
    return value


def _shown(value: Any) -> str:
    """A value as it is told in a message: short, in one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
