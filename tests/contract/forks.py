"""Processes for the tests that begin where torch is imported already, which takes longer than most commands do.

Run as a program this waits with everything imported; a line of JSON on its standard input makes it fork, and the child
is the command: of its own process, folder, surroundings, input and output. What is written back is its process id, or
its exit status. The workers of a command are forks of it, too (``forking.py``).
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

CONTRACT = str(Path(__file__).parent)
_LOOK = 0.01  # seconds between two looks whether a command has ended


class Forks:
    """Starts commands by forking; one for each set of folders on the path."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__], env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, arguments: list[str], cwd: Path, environment: Mapping[str, str], stdin: bytes | None
    ) -> subprocess.CompletedProcess[bytes]:
        """What ``python -m calotype`` says, and its exit status; negative: the signal it died of."""
        begun = Begun(self, arguments, cwd, environment, stdin)
        return subprocess.CompletedProcess(["calotype", *arguments], begun.wait(), *begun.said())

    def ask(self, task: object) -> object:
        """What the waiting process answers."""
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process that waits."""
        self.process.stdin.close()
        self.process.wait()


class Begun:
    """A command that is at work, in a session of its own; used like ``subprocess.Popen`` with texts.

    Attributes:
        pid: of its process.
        returncode: its exit status; negative: the signal it died of; ``None`` until it was waited for.
    """

    def __init__(
        self, forks: Forks, arguments: list[str], cwd: Path, environment: Mapping[str, str], stdin: bytes | None = None
    ) -> None:
        self._forks, self._folder = forks, tempfile.TemporaryDirectory()
        self._files = {name: os.path.join(self._folder.name, name) for name in ("stdin", "stdout", "stderr")}
        Path(self._files["stdin"]).write_bytes(stdin or b"")
        given = self._files if stdin is not None else {**self._files, "stdin": os.devnull}
        task = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment), "files": given}
        self.pid: int = forks.ask(task)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._forks.ask(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("calotype", timeout)
            time.sleep(_LOOK)
        return self.returncode

    def said(self) -> tuple[bytes, bytes]:
        """Everything on its standard output and standard error, once: the files are deleted."""
        out, err = (Path(self._files[name]).read_bytes() for name in ("stdout", "stderr"))
        self._folder.cleanup()
        return out, err

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        out, err = self.said()
        return out.decode(), err.decode()

    @property
    def stderr(self) -> io.StringIO:
        return io.StringIO(Path(self._files["stderr"]).read_text("utf-8"))

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _serve() -> None:
    sys.path.insert(0, CONTRACT)
    from forking import import_ahead

    import_ahead()
    for line in sys.stdin:
        task = json.loads(line)
        if isinstance(task, int):
            ended, status = os.waitpid(task, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        else:
            answer = os.fork()
            if not answer:
                _become(**task)
        print(json.dumps(answer), flush=True)


def _become(arguments: list[str], cwd: str, environment: dict[str, str], files: dict[str, str]) -> None:
    """Be the command: this does not return."""
    import runpy

    from forking import fork_workers

    flags = {"stdin": os.O_RDONLY, "stdout": os.O_WRONLY | os.O_CREAT, "stderr": os.O_WRONLY | os.O_CREAT}
    for number, (name, flag) in enumerate(flags.items()):
        os.dup2(os.open(files[name], flag, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", buffering=1)  # noqa: SIM115  (as long as the process lives)
        for number, mode in enumerate("rww")
    )
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if "hold" in sys.modules:  # where the environment says so
        sys.modules["hold"].install()
    fork_workers()
    sys.argv = ["calotype", *arguments]
    status = 1
    try:
        runpy.run_module("calotype", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
