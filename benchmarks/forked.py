"""Commands that are begun by forking a process in which everything is imported: with limits, and what they took."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

CONTRACT = Path(__file__).parents[1] / "tests" / "contract"
sys.path.insert(0, str(CONTRACT))
import forking  # noqa: E402

fork_workers = forking.fork_workers
_POLL = 0.002  # seconds between two looks whether a command has ended


def imported() -> None:
    """Import what commands import, once for all forks."""
    import torch

    forking.import_ahead()
    torch.set_num_threads(1)


@dataclass(frozen=True)
class Done:
    """How a command ended.

    Attributes:
        status: exit status; negative: the signal it died of.
        out, err: what it printed.
        seconds: processor time.
        wall: seconds from beginning to end.
        bytes: largest resident memory.
        late: whether it was ended because it took longer than it was given.
    """

    status: int
    out: str
    err: str
    seconds: float
    wall: float
    bytes: int
    late: bool


def run(
    words: Sequence[str],
    cwd: Path,
    *,
    limit: float = 60.0,
    variables: Mapping[str, str] | None = None,
    before: Callable[[], object] = lambda: None,
) -> Done:
    """Run ``calotype WORDS`` in a fork of this process.

    Args:
        words: the arguments.
        cwd: its folder.
        limit: seconds after which it is killed.
        variables: of its environment, besides those of this process.
        before: called in the new process before the command.
    """
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        began = time.monotonic()
        child = begun(words, cwd, out, err, variables or {}, before)
        late, ended = False, 0
        while not ended:
            ended, status, used = os.wait4(child, os.WNOHANG)
            if ended:
                break
            if time.monotonic() - began > limit and not late:
                late = True
                os.kill(child, signal.SIGKILL)
            time.sleep(_POLL)
        return Done(
            os.waitstatus_to_exitcode(status),
            out.read_text("utf-8", "replace") if out.exists() else "",
            err.read_text("utf-8", "replace") if err.exists() else "",
            used.ru_utime + used.ru_stime,
            time.monotonic() - began,
            used.ru_maxrss * 1024,
            late,
        )


def begun(
    words: Sequence[str],
    cwd: Path,
    out: Path,
    err: Path,
    variables: Mapping[str, str],
    before: Callable[[], object] = lambda: None,
) -> int:
    """Begin ``calotype WORDS`` in a fork of this process, whose id is returned; what it prints goes to two files."""
    child = os.fork()
    if not child:
        _become(list(words), cwd, out, err, dict(variables), before)
    return child


def _become(
    words: list[str], cwd: Path, out: Path, err: Path, variables: dict[str, str], before: Callable[[], object]
) -> None:
    """Be the command: this does not return."""
    status = 70
    try:
        for number, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            how = {"encoding": "utf-8", "errors": "backslashreplace", "buffering": 1, "closefd": False}
            setattr(sys, name, os.fdopen(number, "w", **how))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.chdir(cwd)
        os.environ.update(variables)
        from calotype.cli import main

        before()
        status = main(words)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
