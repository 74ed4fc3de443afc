"""How a verb describes its own arguments, for whoever makes a front end of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_origin

Kind = Literal[
    "photo",
    "photos",
    "picture",
    "mask",
    "sketch",
    "labels",
    "whole",
    "seed",
    "margin",
    "number",
    "switch",
    "text",
    "settings",
    "size",
    "factor",
    "shape",
    "structure",
    "engine",
    "preset",
    "model",
    "device",
    "weights",
    "several",
    "folder",
]
WHOLE: frozenset[str] = frozenset({"whole", "seed", "margin"})  # the kinds that are whole numbers


@dataclass(frozen=True)
class Param:
    """What one argument of a verb means. An argument without a ``Param`` is for Python only.

    Attributes:
        help: one sentence for the user, without a full stop.
        kind: what is wanted, whatever form it takes in a front end. Pictures: a photo, several, any other picture, a
            mask, a sketch or a label map in flat colours. Numbers: whole ones (the seed and a number of pixels at an
            edge among them) or any. Yes or no, a text, several words with commas, ``key=value`` pairs. What is written
            in a way of its own: a size, a factor, a shape, a structure. Names: of an engine, a preset, a model, a
            device; of weights, or the file that they are in; of a folder.
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
    kind: Kind = "text"
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
    """The arguments of ``task`` that have a ``Param``, each with its default (``Parameter.empty``: none)."""
    found = {}
    for name, parameter in inspect.signature(task).parameters.items():
        if get_origin(parameter.annotation) is Annotated:
            about = [extra for extra in parameter.annotation.__metadata__ if isinstance(extra, Param)]
            if about:
                found[name] = (about[0], parameter.default)
    return found
