"""Checks of the values of settings, with the message that says what to give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calotype.errors import ArgumentError


def at_least(config: Any, least: Mapping[str, int]) -> None:
    """Check numbers, whole or not.

    Args:
        config: a dataclass of settings.
        least: the least value of each field that is checked.

    Raises:
        ArgumentError: a field is less, or not a number.
    """
    for name, value in least.items():
        found = getattr(config, name)
        if not found >= value:
            kind = "a number" if isinstance(found, float) else "a whole number"
            raise unusable(config, name, f"{kind} from {value} up")


def odd_sides(config: Any, names: Iterable[str], most: int | None = None) -> None:
    """Check sides of patches: odd numbers of pixels from 3 up.

    Raises:
        ArgumentError: a field is even, less, or above ``most``.
    """
    for name in names:
        side = getattr(config, name)
        if side < 3 or side % 2 == 0 or (most is not None and side > most):
            upper = f"3 to {most}" if most is not None else "3 up, like 7"
            raise unusable(config, name, f"an odd number of pixels from {upper}")


def one_of(config: Any, choices: Mapping[str, Iterable[str]]) -> None:
    """Check words.

    Raises:
        ArgumentError: a field is none of its choices.
    """
    for name, words in choices.items():
        if getattr(config, name) not in words:
            raise unusable(config, name, " or ".join(f"--set {name}={word}" for word in words))


def within(config: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Check numbers.

    Raises:
        ArgumentError: a field is below the first or above the second number of its range, or not a number.
    """
    for name, (low, high) in ranges.items():
        if not low <= getattr(config, name) <= high:
            raise unusable(config, name, f"a number from {low:g} to {high:g}")


def not_negative(config: Any, names: Iterable[str]) -> None:
    """Check numbers from 0 up.

    Raises:
        ArgumentError: a field is less.
    """
    for name in names:
        if not getattr(config, name) >= 0:
            raise unusable(config, name, "a number from 0 up")


def unusable(config: Any, name: str, wanted: str) -> ArgumentError:
    """The error that a setting has a value out of its range, whatever the files hold.

    Args:
        config: a dataclass of settings.
        name: of the field.
        wanted: what to give instead.
    """
    value = getattr(config, name)
    if isinstance(value, tuple):
        text = ",".join(map(str, value))
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return ArgumentError(f"--set {name}={text} cannot be used: give {wanted}")
