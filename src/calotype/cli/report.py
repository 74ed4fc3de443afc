"""Error reporting: one line on standard error and an exit status.

0: all is done. 1: an input (file, folder, model or set) cannot be used or does not fit, a result cannot be written, or
some of several pictures failed. 2: the command is wrong, whatever the files hold: an unknown verb, option or word, a
number out of range. 130, 143: stopped by Ctrl-C or SIGTERM. 141: the reader of the output has gone.
"""

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

from calotype.cli.collector import no_garbage_collection
from calotype.errors import ArgumentError, one_line, unknown
from calotype.files import printable

# The usage error of the command-line library. Only its subclasses have a public name.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class Misuse(ArgumentError):  # noqa: N818  (named after the action)
    """A usage error: the command line is invalid, whatever the inputs are. Exit status 2."""


class Interrupted(Exception):  # noqa: N818  (named after the action)
    """The work was interrupted, and a message was already printed."""

    def __init__(self, by: BaseException) -> None:
        super().__init__()
        self.status = 143 if isinstance(by, Terminated) else 130


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; handled like Ctrl-C."""


def print_path(path: object) -> None:
    """Print a path on standard output; one that cannot be encoded there as the bytes of its name."""
    try:
        print(path, flush=True)
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(str(path)) + b"\n")
        sys.stdout.buffer.flush()


def reported(command: Callable[[], Any], arguments: Sequence[str] | None) -> int:
    """Run the command line, report user errors as one line, and return the exit status.

    Args:
        command: creates the command line.
        arguments: the arguments; ``None``: those of the process.
    """
    signal.signal(signal.SIGTERM, _terminate)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(command, given)
    except Interrupted as error:
        return error.status
    except KeyboardInterrupt as error:
        complain("stopped before anything was made")
        return Interrupted(error).status
    except BrokenPipeError:
        _discard_output()
        return 141
    except _UsageError as error:
        complain(_usage_message(error, given))
        return 2
    except ArgumentError as error:
        complain(str(error))
        return 2
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        complain(line)
        return 1


def _run(command: Callable[[], Any], arguments: list[str]) -> int:
    with no_garbage_collection():
        work = command().main(args=arguments or ["--help"], prog_name="calotype", standalone_mode=False)
    # Run outside of Typer, which handles Ctrl-C and closed pipes itself. Help texts return no work.
    status: int = work() if callable(work) else 0
    # Flush here, where a closed pipe can still be handled.
    sys.stdout.flush()
    return status


def complain(line: str) -> None:
    """Print one line on standard error, prefixed with the program's name."""
    print(f"calotype: {printable(' '.join(line.split()))}", file=sys.stderr, flush=True)


def _usage_message(error: Exception, given: list[str]) -> str:
    text = str(getattr(error, "format_message", lambda: error)())
    context = getattr(error, "ctx", None)
    verb = given[0] if given and not given[0].startswith("-") else ""
    where = context.command_path if context is not None else f"calotype {verb}".rstrip()
    missing = re.match(r"No such command '([^']*)'", text)
    if missing and context is not None:
        if missing[1] == "help":
            return f"write '{where} --help' for all verbs, or '{where} VERB --help' for the options of one"
        verbs = context.command.list_commands(context)
        return unknown("verb", missing[1], verbs)
    option = getattr(error, "option_name", None)
    if option and "o such option" in text and context is not None:
        known = [flag for parameter in context.command.params for flag in (*parameter.opts, *parameter.secondary_opts)]
        if len(option) == 2:  # a letter resembles no other option in meaning
            return f"there is no option '{option}': '{where} --help' lists them"
        return unknown("option", option, known, f"'{where} --help' lists them")
    if "unexpected extra argument" in text and context is not None and _takes_photo(context):
        return f"{text[:1].lower()}{text[1:]}: give one photo, or a folder of them; '{where} --help' lists the options"
    text = _plain(text.rstrip("."))
    return f"{text[:1].lower()}{text[1:]}: see '{where} --help'"


def _takes_photo(context: Any) -> bool:
    """Whether the main argument of a command is a photo, for which a folder may be given."""
    return any(one.param_type_name == "argument" and one.name == "photo" for one in context.command.params)


def _plain(text: str) -> str:
    """A message of the command-line library in plain words."""
    text = re.sub(r"Input should be a valid integer\b.*", "give a whole number, like 4", text)
    text = re.sub(r"Input should be greater than or equal to (\S+)", r"give at least \1", text)
    text = re.sub(r"Input should be less than or equal to (\S+)", r"give at most \1", text)
    return re.sub(r"Input should be a valid number\b.*", "give one number, like 4 or 1.5", text)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _discard_output() -> None:
    # The interpreter flushes standard output at exit, which would fail again.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
