"""Descriptions of the verbs' arguments, from which the front ends are generated."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Unpack, get_args, get_origin

from calotype.catalog import able, declared
from calotype.kinds import KINDS

# The kinds whose values are integers.
WHOLE: frozenset[str] = frozenset(kind.name for kind in KINDS.values() if kind.form == "whole")


# The defaults of the options in ``verb_options``.
DEFAULTS: Mapping[str, Any] = {
    "max_side": None,
    "settings": None,
    "device": "auto",
    "run": None,
    "model": None,
    "unfinished": False,
    "method": None,
    "steps": None,
    "noise_steps": None,
    "level": None,
    "stages": False,
}


@dataclass(frozen=True)
class Param:
    """Description of one argument of a verb. Arguments without a ``Param`` are available in Python only.

    Attributes:
        help: help text, one sentence without a full stop.
        kind: kind of the value: a key of ``calotype.kinds.KINDS``.
        flags: command-line flags; empty for ``--name``, with dashes for underscores.
        metavar: placeholder for the value in help texts, like ``WIDTHxHEIGHT``.
        choices: allowed words, for the front ends to offer; the verb checks the value.
        at_least: minimum.
        at_most: maximum.
        usual: for numbers, the range that a front end offers as a slider, if it is not that of the limits.
        begins: for pictures, the argument whose picture is the starting point for painting this one.
        first: whether the argument is used often; a front end may hide the others at first.
        sets: whether a folder of photos is allowed in place of a photo.
        positional: whether an optional argument is given by its place on the command line, without a flag.
        single: whether the argument applies only to training on one photo, not on a data set.
    """

    help: str
    kind: str = "text"
    flags: tuple[str, ...] = ()
    metavar: str = ""
    choices: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: float | None = None
    usual: tuple[float, float] | None = None
    begins: str = ""
    first: bool = False
    sets: bool = False
    positional: bool = False
    single: bool = False

    def flag(self, name: str) -> str:
        """The long command-line flag of the argument ``name``."""
        return self.flags[-1] if self.flags else f"--{name.replace('_', '-')}"


def description(task: Callable[..., Any]) -> str:
    """The user's part of a docstring: everything before ``Args:``, ``Returns:`` or ``Raises:``."""
    text = re.split(r"\n(?:Args|Returns|Raises):\n", inspect.getdoc(task) or "")[0]
    paragraphs = text.replace("``", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def described(task: Callable[..., Any]) -> dict[str, tuple[Param, Any]]:
    """The arguments of ``task`` that have a ``Param``, each with its default (``Parameter.empty`` if required).

    If the task accepts further inputs by name, this includes those that any system declares for the verb.
    """
    found: dict[str, tuple[Param, Any]] = {}
    accepts_inputs = False
    for name, parameter in inspect.signature(task).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            shared = shared_options(parameter)
            accepts_inputs = not shared
            found |= {option: (about, DEFAULTS[option]) for option, about in shared.items()}
        if get_origin(parameter.annotation) is Annotated:
            about = [extra for extra in parameter.annotation.__metadata__ if isinstance(extra, Param)]
            if about:
                further = parameter.kind is inspect.Parameter.VAR_POSITIONAL
                found[name] = (about[0], () if further else parameter.default)
    return {**found, **_declared_inputs(task.__name__, found)} if accepts_inputs else found


def shared_options(parameter: inspect.Parameter) -> dict[str, Param]:
    """The described options of ``**options: Unpack[...]``; empty for other keyword arguments."""
    if get_origin(parameter.annotation) is not Unpack:
        return {}
    (options,) = get_args(parameter.annotation)
    hints = {name: hint for name, hint in options.__annotations__.items() if get_origin(hint) is Annotated}
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def _declared_inputs(verb: str, known: Mapping[str, Any]) -> dict[str, tuple[Param, Any]]:
    """The described inputs that systems declare for a verb, without those in ``known``."""
    inputs = [given for name in able(verb) for given in declared(name).verbs[verb].inputs]
    named = {given.name: given for given in inputs if given.help and given.name not in known}
    words = {"numbers": "NUMBERS"}
    return {
        name: (Param(given.help, kind=given.kind, metavar=words.get(given.kind, "FILE")), None)
        for name, given in named.items()
    }
