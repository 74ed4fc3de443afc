"""The manual page ``calotype(1)``, and what the pages of commands need, from the parser of the command line itself.

python docs/site/manual.py build/calotype.1
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]
sys.path.insert(0, str(DOCS.parent / "src"))

from calotype import __version__  # noqa: E402
from calotype.cli.app import command  # noqa: E402

_STATUS = (
    ("0", "everything was made, or was there already"),
    ("1", "an input cannot be used or does not fit, a result cannot be written, or some pictures failed"),
    ("2", "the command is wrong, whatever the files hold"),
    ("130, 143", "stopped by Ctrl-C, by SIGTERM; the same command continues"),
)
_VARIABLES = (
    ("CALOTYPE_CACHE", "folder of trained models, fetched weights and decoded pictures"),
    ("CALOTYPE_WEIGHTS", "folder with weights of published networks"),
    ("CALOTYPE_STUDIO", "data folder of the studio"),
    ("CALOTYPE_STUDIO_TOKEN", "access token of the studio"),
)


def commands() -> Iterator[tuple[str, Any]]:
    """The commands and their sub-commands, by what is typed after ``calotype``."""
    for name, one in command().commands.items():
        yield name, one
        for inner, deeper in getattr(one, "commands", {}).items():
            yield f"{name} {inner}", deeper


def usage(name: str, one: Any) -> str:
    """The line that shows how a command is called."""
    arguments = [_metavar(each) for each in one.params if _is_argument(each)]
    return " ".join(["calotype", name, *arguments, "[OPTIONS]"])


def parameters(one: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Arguments and options of a command: flags and help of each."""
    found: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for each in one.params:
        if getattr(each, "hidden", False):
            continue
        flags = _metavar(each) if _is_argument(each) else ", ".join([*each.opts, *each.secondary_opts])
        if not _is_argument(each) and not each.is_flag:
            flags += f" {_metavar(each)}"
        text = each.help or ""
        shown = not _is_argument(each) and each.show_default and each.default not in (None, (), [], "", False)
        found[0 if _is_argument(each) else 1].append((flags, f"{text}; default: {each.default}" if shown else text))
    return found


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _metavar(parameter: Any) -> str:
    name = parameter.metavar or (parameter.name or "").upper().replace("_", "-")
    return str(name if not _is_argument(parameter) or parameter.required else f"[{name.strip('[]')}]")


def manual() -> str:
    """The manual page, in the macros of man(7)."""
    app = command()
    lines = [f'.TH CALOTYPE 1 "" "Calotype {__version__}" "User Commands"', ".SH NAME"]
    lines += ["calotype \\- image synthesis from one photo or a data set", ".SH SYNOPSIS", ".B calotype"]
    lines += [".I VERB", "[ARGUMENTS] [OPTIONS]", ".SH DESCRIPTION", _text(app.help)]
    lines += ["Paths of results go to standard output, everything else to standard error.", ".SH COMMANDS"]
    for name, one in commands():
        lines += [f'.SS "{_text(usage(name, one))}"', _paragraphs(one.help or "")]
        for rows in parameters(one):
            for flags, text in rows:
                lines += [".TP", f".B {_text(flags)}", _text(text)]
    for title, rows in (("EXIT STATUS", _STATUS), ("ENVIRONMENT", _VARIABLES)):
        lines += [f'.SH "{title}"']
        for name, text in rows:
            lines += [".TP", f".B {name}", text]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> str:
    return "\n.PP\n".join(_text(" ".join(paragraph.split())) for paragraph in text.split("\n\n"))


def _text(text: str) -> str:
    """Text in which nothing is a command of roff."""
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(manual(), "utf-8")
    print(place)
