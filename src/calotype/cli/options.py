"""Command-line options from the signatures of verbs."""

from __future__ import annotations

import glob
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from calotype.catalog import ENGINES, MODELS
from calotype.cli.report import Misuse
from calotype.kinds import KINDS
from calotype.kinds.kind import Form
from calotype.tasks.model_store import root
from calotype.tasks.param import Param, described

# Words that the shell completes, by the kind of an argument.
_NAMES: Mapping[str, tuple[str, ...]] = {"engine": (*ENGINES, *MODELS)}
_REQUIRED = inspect.Parameter.empty
_TYPES: dict[Form, Any] = {
    "file": str,
    "files": list[str],
    "whole": int,
    "number": float,
    "switch": bool,
    "text": str,
    "pairs": list[str],
}


def parameters(task: Callable[..., Any]) -> list[inspect.Parameter]:
    """The described arguments of ``task`` as parameters for Typer."""
    return [_parameter(name, about, default) for name, (about, default) in described(task).items()]


def arguments(task: Callable[..., Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the values of the command line to the arguments of ``task``.

    Raises:
        Misuse: a ``--set`` is not of the form ``KEY=VALUE``.
    """
    return {
        name: _pairs(typed[name], about) if KINDS[about.kind].form == "pairs" else typed[name]
        for name, (about, _) in described(task).items()
    }


def _parameter(name: str, about: Param, default: Any) -> inspect.Parameter:
    form = KINDS[about.kind].form
    kind: Any = _TYPES[form]
    flags = about.flags or (about.flag(name),)
    if form == "switch" and default:  # on by default, with an option to turn it off
        flags = (f"{about.flag(name)}/--no-{about.flag(name).removeprefix('--')}",)
    shared: dict[str, Any] = {"help": about.help, "metavar": about.metavar or None}
    if form == "whole":
        shared["min"] = about.at_least
    words = about.choices or _NAMES.get(about.kind, ())
    if words:
        shared["autocompletion"] = _completer(words)
    elif about.kind == "model":
        shared["autocompletion"] = _models
    if default is _REQUIRED:
        extra, default = typer.Argument(**shared), ...
    elif about.positional:
        extra, kind, default = typer.Argument(show_default=False, **shared), kind | None, default or None
    else:
        extra = typer.Option(*flags, show_default=default not in (None, ()), **shared)
        if kind == list[str]:
            default = []
        elif default is None:
            kind = kind | None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, extra])


def _models(incomplete: str) -> list[str]:
    """The models of the store whose names begin so."""
    return [path.name for path in sorted(root().glob(f"{glob.escape(incomplete)}*")) if path.is_dir()]


def _completer(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def _pairs(typed: list[str], about: Param) -> dict[str, str]:
    pairs = {}
    for text in typed:
        key, equals, value = text.partition("=")
        if not (key.strip() and equals):
            example = {"looks": "hair=7"}.get(about.kind, "patch=5")
            raise Misuse(
                f"'{text}' cannot be set: write {about.flags[0]} {about.metavar}, like {about.flags[0]} {example}"
            )
        if about.kind == "settings" and re.search(r",\s*[a-z_]\w*=", value):
            each = " ".join(f"{about.flags[0]} {one.strip()}" for one in re.split(r",(?=\s*[a-z_]\w*=)", text))
            raise Misuse(f"'{text}' cannot be set: give each setting its own {about.flags[0]}: {each}")
        if key.strip() in pairs:
            raise Misuse(f"'{key.strip()}' is given twice with {about.flags[0]}: give it once")
        pairs[key.strip()] = value.strip()
    return pairs
