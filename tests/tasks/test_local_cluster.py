"""``--on ray:local``: a cluster of its own, of few processes, that leaves nothing and disturbs no other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from calotype.tasks import local_cluster

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
COMMAND = [sys.executable, "-m", "calotype", "vary", "photos", "--preset", "tiny", "-q", "--jobs", "2"]
NEEDLESS = ("dashboard/dashboard.py", "autoscaler/_private/monitor.py", "log_monitor.py")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name, since paths of sockets are limited."""
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as name:
        yield Path(name)


def below(root: int) -> dict[int, str]:
    """The command lines of all processes below one."""
    parents, lines = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
    found = {root}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return {process: lines[process] for process in found - {root}}


def test_a_cluster_of_its_own(place):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'calotype[cluster]'")
    (place / "photos").mkdir()
    for number in range(3):
        Image.radial_gradient("L").resize((20 + number, 16)).save(place / "photos" / f"{number}.png")
    temporary = place / "t"
    of_another = temporary / "ray" / "ray_current_cluster"  # where Ray looks for one that runs here
    of_another.parent.mkdir(parents=True)
    of_another.write_text("10.0.0.1:6379")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    surroundings |= {"TMPDIR": str(temporary), "CALOTYPE_CACHE": str(place / "cache")}
    seen: dict[int, str] = {}
    process = subprocess.Popen([*COMMAND, "--on", "ray:local", "-o", "far"], cwd=place, env=surroundings)
    while process.poll() is None:
        # A process that has ended and was not waited for has no command line any more.
        seen |= {number: line for number, line in below(process.pid).items() if line}
        time.sleep(0.05)
    assert process.returncode == 0
    assert any("raylet" in line for line in seen.values())
    assert not [line for line in seen.values() if any(name in line for name in NEEDLESS)]
    assert [path.name for path in temporary.iterdir()] == ["ray"]
    assert of_another.read_text() == "10.0.0.1:6379"
    subprocess.run([*COMMAND, "-o", "here"], cwd=place, env=surroundings, check=True)
    far, here = ({path.name: path.read_bytes() for path in (place / out).glob("*.png")} for out in ("far", "here"))
    assert len(far) == 3
    assert far == here


def test_its_files_are_where_the_paths_of_sockets_are_short_enough(monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", "/scratch")
    assert local_cluster._short_folder() == "/scratch"
    monkeypatch.setenv("RAY_TMPDIR", "/a/folder/with/a/name/of/some/length")
    assert local_cluster._short_folder() == "/tmp"


def test_a_small_machine_gets_the_least_that_ray_wants(monkeypatch):
    monkeypatch.setattr(local_cluster, "available_bytes", lambda: 1000)
    assert local_cluster._store_bytes() == 80 << 20
