"""What went wrong, as one line on standard error and an exit status."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import typer

from calotype.errors import InputError, one_line, unknown

# The command-line library's own complaint about what was typed. Only its subclasses have a public name.
_Complaint: type[Exception] = typer.BadParameter.__mro__[1]


class Misuse(InputError):  # noqa: N818  (named for what the user did)
    """The command itself cannot be used as typed, whatever the photos are: exit status 2."""


class Interrupted(Exception):  # noqa: N818  (named for what the user did)
    """The work was interrupted, and the user has been told how far it came."""

    def __init__(self, by: BaseException) -> None:
        super().__init__()
        self.status = 143 if isinstance(by, Terminated) else 130


class Terminated(KeyboardInterrupt):
    """Somebody asked the process to end; the work stops as it does for Ctrl-C."""


def reported(command: Callable[[], Any], arguments: Sequence[str] | None) -> int:
    """Run the command line, turn every error that is not ours into one line, and return the exit status.

    Args:
        command: makes the command line.
        arguments: what was typed; ``None``: those of the process.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(command, list(sys.argv[1:] if arguments is None else arguments))
    except Interrupted as error:
        return error.status
    except KeyboardInterrupt as error:
        complain("stopped before anything was made")
        return Interrupted(error).status
    except BrokenPipeError:
        _forget_output()
        return 141
    except _Complaint as error:
        complain(_complaint(error))
        return 2
    except Misuse as error:
        complain(str(error))
        return 2
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        complain(line)
        return 1


def _run(command: Callable[[], Any], arguments: list[str]) -> int:
    work = command().main(args=arguments or ["--help"], prog_name="calotype", standalone_mode=False)
    # Done out here, because Typer has answers of its own to Ctrl-C and to closed pipes. Help texts leave no work.
    status: int = work() if callable(work) else 0
    # Now, not at the end of the process, is when a closed pipe can still be answered quietly.
    sys.stdout.flush()
    return status


def complain(line: str) -> None:
    """One line on standard error, with the program's name in front."""
    print(f"calotype: {' '.join(line.split())}", file=sys.stderr, flush=True)


def _complaint(error: Exception) -> str:
    text = str(getattr(error, "format_message", lambda: error)())
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "calotype"
    missing = re.match(r"No such command '([^']*)'", text)
    if missing and context is not None:
        verbs = context.command.list_commands(context)
        return unknown("verb", missing[1], verbs)
    option = getattr(error, "option_name", None)
    if option and "o such option" in text and context is not None:
        known = [flag for parameter in context.command.params for flag in (*parameter.opts, *parameter.secondary_opts)]
        return unknown("option", option, known, f"'{where} --help' lists them")
    text = text.rstrip(".")
    return f"{text[:1].lower()}{text[1:]}: see '{where} --help'"


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _forget_output() -> None:
    # The interpreter flushes standard output once more when it ends, and would complain then.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
