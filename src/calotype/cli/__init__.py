"""The command line, made from the verbs' signatures. Only here is anything printed, or an error caught to report it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``calotype`` with ``arguments`` (default: those of the process) and return its exit status.

    0 done, 1 something could not be done, 2 the command was not understood, 130 interrupted, 143 terminated,
    141 nobody reads the output any more.
    """
    # Ctrl-C is to be answered with one line from the first moment on, that of the imports included.
    try:
        from calotype.cli.report import reported

        return reported(_command, arguments)
    except KeyboardInterrupt:
        return 130


def _command() -> Any:
    """The whole command line, imported only now."""
    from calotype.cli.app import command

    return command()
