"""Processes for the tests that begin where torch is imported already, which takes longer than most commands do.

Run as a program this waits with everything imported; a line of JSON on its standard input makes it fork, and the child
is the command: of its own process, folder, surroundings, input and output. What is written back is its exit status.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


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
        with tempfile.TemporaryDirectory() as folder:
            files = {name: os.path.join(folder, name) for name in ("stdin", "stdout", "stderr")}
            Path(files["stdin"]).write_bytes(stdin or b"")
            if stdin is None:
                files["stdin"] = os.devnull
            task = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment), "files": files}
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            out, err = (Path(files[name]).read_bytes() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(["calotype", *arguments], status, out, err)

    def close(self) -> None:
        """End the process that waits."""
        self.process.stdin.close()
        self.process.wait()


def _serve() -> None:
    import torch  # noqa: F401

    import calotype.cli
    import calotype.cli.app  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(**json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)


def _become(arguments: list[str], cwd: str, environment: dict[str, str], files: dict[str, str]) -> None:
    """Be the command: this does not return."""
    import runpy

    flags = {"stdin": os.O_RDONLY, "stdout": os.O_WRONLY | os.O_CREAT, "stderr": os.O_WRONLY | os.O_CREAT}
    for number, (name, flag) in enumerate(flags.items()):
        os.dup2(os.open(files[name], flag, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", buffering=1)  # noqa: SIM115  (as long as the process lives)
        for number, mode in enumerate("rww")
    )
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
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
