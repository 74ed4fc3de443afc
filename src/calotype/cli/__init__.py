"""The command line, generated from the verbs' signatures. Only this package prints and reports errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calotype.openmp import wait_passively


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``calotype`` with ``arguments`` (default: those of the process) and return its exit status.

    Exit status: 0 success, 1 error, 2 usage error, 130 interrupted, 143 terminated, 141 standard output was closed.
    """
    # Ctrl-C is handled from the start, including the imports.
    try:
        from calotype.cli.report import reported

        wait_passively()
        return reported(_command, arguments)
    except KeyboardInterrupt:
        return 130


def _command() -> Any:
    """The complete command line, imported lazily."""
    from calotype.cli.app import command

    return command()
