"""Idle threads sleep, from before torch is imported, unless the environment says otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SAID = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT", "KMP_LIBRARY")
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
# The environment at the moment at which torch begins to be imported.
WATCHED = f"""
import json, os, sys
def said():
    return {{name: os.environ[name] for name in {SAID} if name in os.environ}}
class Watch:
    def find_spec(self, name, path, target=None):
        if name == "torch":
            print(json.dumps(said()))
            sys.stdout.flush()
            os._exit(0)
sys.meta_path.insert(0, Watch())
"""
COMMAND = 'from calotype.cli import main; main(["vary", "photo.png"])'
WORKER = """
from multiprocessing import Pipe
from tempfile import gettempdir
from calotype.tasks.worker import _serve
receive, send = Pipe(duplex=False)
_serve(b"", 1, gettempdir(), send, receive, None)
"""
CLUSTER = """
from calotype import __version__
from calotype.tasks.cluster import _run_task
_run_task(__version__, b"", b"")
"""


def said_before_torch(code: str, folder, **given: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in SAID}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + code],
        env={**clean, **given, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.fixture
def folder(tmp_path):
    from PIL import Image

    Image.new("RGB", (32, 32), "red").save(tmp_path / "photo.png")
    return tmp_path


@pytest.mark.parametrize("code", [COMMAND, WORKER, CLUSTER], ids=["command", "worker", "cluster"])
def test_threads_are_told_to_sleep_before_torch_is_imported(code, folder):
    assert said_before_torch(code, folder) == PASSIVE


@pytest.mark.parametrize("name", SAID)
def test_what_the_environment_says_is_kept(name, folder):
    assert said_before_torch(COMMAND, folder, **{name: "1"}) == {name: "1"}
