"""How a verb describes its own arguments, for whoever makes a front end of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_origin

Kind = Literal["photo", "photos", "whole", "number", "switch", "text", "settings"]


@dataclass(frozen=True)
class Param:
    """What one argument of a verb means. An argument without a ``Param`` is for Python only.

    Attributes:
        help: one sentence for the user, without a full stop.
        kind: what is wanted, whatever form it takes in a front end: a photo, several, a whole number, any number,
            yes or no, a text, or ``key=value`` pairs.
        flags: how it is written on a command line; empty for ``--name``, with dashes for underscores.
        metavar: what stands for the value in a help text, like ``WIDTHxHEIGHT``.
        choices: the words that can stand there; front ends may offer them, the verb itself checks.
        at_least: the smallest whole number that makes sense.
    """

    help: str
    kind: Kind = "text"
    flags: tuple[str, ...] = ()
    metavar: str = ""
    choices: tuple[str, ...] = ()
    at_least: int | None = None

    def flag(self, name: str) -> str:
        """How the argument ``name`` is written out on a command line."""
        return self.flags[-1] if self.flags else f"--{name.replace('_', '-')}"


def described(task: Callable[..., Any]) -> dict[str, tuple[Param, Any]]:
    """The arguments of ``task`` that have a ``Param``, each with its default (``Parameter.empty``: none)."""
    found = {}
    for name, parameter in inspect.signature(task).parameters.items():
        if get_origin(parameter.annotation) is Annotated:
            about = [extra for extra in parameter.annotation.__metadata__ if isinstance(extra, Param)]
            if about:
                found[name] = (about[0], parameter.default)
    return found
