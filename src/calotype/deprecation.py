"""Deprecations: how a name or a parameter of the public interface goes away (docs/versions.md).

What is deprecated in one minor version still works in it and in the next one, with a warning that says what to write
instead, and may be removed after that. Every deprecation names both versions; a test fails when one is overdue.
"""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Deprecation:
    """One deprecation.

    Attributes:
        what: what is deprecated, as the warning names it.
        since: the version that deprecated it, like ``0.2.0``.
        removed_in: the first version without it, at least one minor version later.
        instead: what to use, a phrase like ``calotype.vary``.
    """

    what: str
    since: str
    removed_in: str
    instead: str

    def __post_init__(self) -> None:
        later, sooner = numbers(self.removed_in), numbers(self.since)
        if later[:2] <= sooner[:2] or (later[0] == sooner[0] and later[1] - sooner[1] < 2):
            raise ValueError(f"{self.what} has to work in {self.since} and in the next minor version: remove it later")

    @property
    def message(self) -> str:
        """The line of the warning."""
        return (
            f"{self.what} is deprecated since calotype {self.since} and will be removed in {self.removed_in}: use "
            f"{self.instead}"
        )

    def overdue(self, version: str) -> bool:
        """Whether it should be gone in ``version``."""
        return numbers(version) >= numbers(self.removed_in)


_KNOWN: list[Deprecation] = []


def numbers(version: str) -> tuple[int, int, int]:
    """The three numbers of a semantic version.

    Raises:
        ValueError: it is none.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"'{version}' is no version: write MAJOR.MINOR.PATCH")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def known() -> tuple[Deprecation, ...]:
    """All deprecations of the modules that are imported."""
    return tuple(_KNOWN)


def deprecated(*, since: str, removed_in: str, instead: str) -> Callable[[F], F]:
    """Mark a function, or a class by its ``__init__``, as deprecated: calls warn, and do what they did.

    Args:
        since: the version that deprecates it.
        removed_in: the first version without it.
        instead: what to use.
    """

    def decorate(function: F) -> F:
        one = _registered(Deprecation(f"{function.__module__}.{_name(function)}", since, removed_in, instead))

        @functools.wraps(function)
        def warned(*args: Any, **kwargs: Any) -> Any:
            _warn(one)
            return function(*args, **kwargs)

        return warned  # type: ignore[return-value]

    return decorate


def renamed_parameters(*, since: str, removed_in: str, **names: str) -> Callable[[F], F]:
    """Accept former names of keyword arguments, with a warning.

    Args:
        since: the version that renamed them.
        removed_in: the first version without the former names.
        names: the current name of each former one: ``renamed_parameters(..., count="n")``.

    Raises:
        TypeError: the function has no parameter of a current name. A call that gives both names raises it, too.
    """

    def decorate(function: F) -> F:
        there = inspect.signature(function).parameters
        known_by = {}
        for former, current in names.items():
            if current not in there or former in there:
                raise TypeError(f"{_name(function)}() cannot take {former} for {current}")
            what = f"the argument {former} of {function.__module__}.{_name(function)}"
            known_by[former] = _registered(Deprecation(what, since, removed_in, current))

        @functools.wraps(function)
        def accepting(*args: Any, **kwargs: Any) -> Any:
            for former in known_by.keys() & kwargs.keys():
                current = names[former]
                if current in kwargs:
                    raise TypeError(f"{_name(function)}() got both {former} and {current}: leave out {former}")
                _warn(known_by[former])
                kwargs[current] = kwargs.pop(former)
            return function(*args, **kwargs)

        return accepting  # type: ignore[return-value]

    return decorate


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", function)).removesuffix(".__init__")


def _registered(one: Deprecation) -> Deprecation:
    _KNOWN.append(one)
    return one


def _warn(one: Deprecation) -> None:
    # Of the caller of the deprecated function.
    warnings.warn(one.message, DeprecationWarning, stacklevel=3)
