"""How a verb describes its own arguments, for whoever makes a front end of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Unpack, get_args, get_origin

from calotype.catalog import able, declared
from calotype.kinds import KINDS

# The kinds that are whole numbers.
WHOLE: frozenset[str] = frozenset(kind.name for kind in KINDS.values() if kind.form == "whole")


# The defaults of the options in ``verb_options``.
DEFAULTS: Mapping[str, Any] = {
    "max_side": None,
    "settings": None,
    "device": "auto",
    "run": None,
    "model": None,
    "unfinished": False,
}


@dataclass(frozen=True)
class Param:
    """What one argument of a verb means. An argument without a ``Param`` is for Python only.

    Attributes:
        help: one sentence for the user, without a full stop.
        kind: what is wanted, whatever form it takes in a front end: a key of ``calotype.kinds.KINDS``.
        flags: how it is written on a command line; empty for ``--name``, with dashes for underscores.
        metavar: what stands for the value in a help text, like ``WIDTHxHEIGHT``.
        choices: the words that can stand there; front ends may offer them, the verb itself checks.
        at_least: the smallest number that makes sense.
        at_most: the largest.
        begins: of a picture, the argument that it is a changed copy of: who paints one begins with that.
        first: whether most people will want to say it; a front end with little room shows the others when asked to.
        sets: whether a folder of photos can stand in the place of a photo.
        single: whether it means something only where one photo is learned from, not a set of them.
    """

    help: str
    kind: str = "text"
    flags: tuple[str, ...] = ()
    metavar: str = ""
    choices: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: float | None = None
    begins: str = ""
    first: bool = False
    sets: bool = False
    single: bool = False

    def flag(self, name: str) -> str:
        """How the argument ``name`` is written out on a command line."""
        return self.flags[-1] if self.flags else f"--{name.replace('_', '-')}"


def description(task: Callable[..., Any]) -> str:
    """The part of the docstring that is for everybody: all that stands before ``Args:`` and its like."""
    text = re.split(r"\n(?:Args|Returns|Raises):\n", inspect.getdoc(task) or "")[0]
    paragraphs = text.replace("``", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def described(task: Callable[..., Any]) -> dict[str, tuple[Param, Any]]:
    """The arguments of ``task`` that have a ``Param``, each with its default (``Parameter.empty``: none).

    Where the task takes further inputs by name, those that any system declares for the verb are among them.
    """
    found: dict[str, tuple[Param, Any]] = {}
    further = False
    for name, parameter in inspect.signature(task).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            shared = shared_options(parameter)
            further = not shared
            found |= {option: (about, DEFAULTS[option]) for option, about in shared.items()}
        if get_origin(parameter.annotation) is Annotated:
            about = [extra for extra in parameter.annotation.__metadata__ if isinstance(extra, Param)]
            if about:
                found[name] = (about[0], parameter.default)
    return {**found, **_declared_inputs(task.__name__, found)} if further else found


def shared_options(parameter: inspect.Parameter) -> dict[str, Param]:
    """The described options of ``**options: Unpack[...]``; none for arguments of any name."""
    if get_origin(parameter.annotation) is not Unpack:
        return {}
    (options,) = get_args(parameter.annotation)
    hints = {name: hint for name, hint in options.__annotations__.items() if get_origin(hint) is Annotated}
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def _declared_inputs(verb: str, known: Mapping[str, Any]) -> dict[str, tuple[Param, Any]]:
    """The union of the inputs that systems declare for a verb and describe, but for those that are ``known``."""
    inputs = [given for name in able(verb) for given in declared(name).verbs[verb].inputs]
    named = {given.name: given for given in inputs if given.help and given.name not in known}
    return {name: (Param(given.help, kind=given.kind, metavar="FILE"), None) for name, given in named.items()}
