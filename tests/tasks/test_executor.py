"""Tasks done by other processes: of this machine, and of a Ray cluster. Nothing is lost, and nothing done in vain."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from errands import PATIENCE, Errand
from hold import VARIABLE, Hold
from PIL import Image

from calotype.cli import main
from calotype.errors import CalotypeError, InputError, Stopped
from calotype.tasks.bulk import ATTEMPTS
from calotype.tasks.cluster import scheduled_bytes
from calotype.tasks.executor import Executor, Task
from calotype.tasks.process_pool import ProcessPool

TESTS = Path(__file__).parents[1]
TINY = ["--preset", "tiny", "-q"]
LEARN = ["--engine", "tiny_engine", *TINY]


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Hold:
    """Where the workers of the cluster wait for the test."""
    return Hold(tmp_path_factory.mktemp("held") / "hold")


@pytest.fixture(scope="session")
def far(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of the workers of the cluster."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="session")
def cluster(held: Hold, far: Path) -> Iterator[Callable[..., Executor]]:
    """Makes crews of a real Ray cluster with two workers."""
    paths = [TESTS.parent / "src", TESTS / "contract", TESTS / "cli" / "registered"]
    surroundings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on the loopback address alone
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        VARIABLE: str(held.path),
        "CALOTYPE_CACHE": str(far),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.items():
            patch.setenv(name, value)
        ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'calotype[cluster]'")
        from calotype.tasks.cluster import Cluster

        before = signal.getsignal(signal.SIGTERM)
        begun(ray)
        signal.signal(signal.SIGTERM, before)
    # Its processes have these variables now; other tests of this session must not.
    yield lambda shared, attempts: Cluster("ray:local", shared, jobs=2, device="cpu", attempts=attempts)
    ray.shutdown()


def begun(ray: ModuleType) -> None:
    """Begin a cluster; Ray gives its processes thirty seconds, which are too few where a machine is busy."""
    for _ in range(9):
        try:
            ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
            return
        except Exception as error:
            if "timed out during startup" not in str(error):
                raise
            ray.shutdown()
    pytest.fail("Ray does not begin")


@pytest.fixture(params=["pool", "ray"])
def crew(request: pytest.FixtureRequest) -> Callable[..., Executor]:
    if request.param == "ray":
        made: Callable[..., Executor] = request.getfixturevalue("cluster")
        return made
    return lambda shared, attempts: ProcessPool(shared, 2, jobs=2, device="cpu", attempts=attempts)


def tasks(*errands: Errand, **more: object) -> Iterator[Task]:
    return (Task(errand, errand.name, about=errand, **more) for errand in errands)  # type: ignore[arg-type]


def test_only_what_lost_its_process_is_done_again(crew, tmp_path):
    errands = [
        Errand(tmp_path, "good"),
        Errand(tmp_path, "bad", "bad"),
        Errand(tmp_path, "unlucky", "die once"),
        Errand(tmp_path, "deadly", "die"),
        Errand(tmp_path, "also"),
    ]
    outcomes = {task.subject: outcome for task, outcome in crew("all", ATTEMPTS).outcomes(tasks(*errands))}
    assert [outcomes[name] for name in ("good", "unlucky", "also")] == ["all good", "all unlucky", "all also"]
    assert isinstance(outcomes["bad"], InputError)
    assert str(outcomes["bad"]) == "bad is bad"
    assert isinstance(outcomes["deadly"], CalotypeError)
    assert "was ended" in str(outcomes["deadly"])
    begun = {errand.name: errand.begun() for errand in errands}
    assert begun == {"good": 1, "bad": 1, "unlucky": 2, "deadly": ATTEMPTS, "also": 1}


def test_what_all_tasks_share_may_be_long(crew, tmp_path):
    errands = [Errand(tmp_path, name) for name in "ab"]
    long = "long" * 50_000
    outcomes = [outcome for _, outcome in crew(long, 1).outcomes(tasks(*errands))]
    assert sorted(outcomes) == [f"{long} a", f"{long} b"]


def meeting(folder: Path) -> list[Errand]:
    """Two that are done side by side or not at all; two processes are at work from then on."""
    return [Errand(folder, "one", beside="other"), Errand(folder, "other", beside="one")]


def apart(folder: Path) -> list[Errand]:
    """Some of which each finds out whether it is alone."""
    return [Errand(folder, name, "alone", seconds=0.3) for name in "abc"]


def test_no_two_of_one_key_at_a_time(crew, tmp_path):
    work = [*tasks(*meeting(tmp_path)), *tasks(*apart(tmp_path), key="same")]
    outcomes = {task.subject: outcome for task, outcome in crew("all", 1).outcomes(iter(work))}
    assert outcomes == {name: f"all {name}" for name in ("one", "other", *"abc")}


def test_stopped(crew, tmp_path):
    worker = crew("all", 1)
    errands = [Errand(tmp_path, str(i), seconds=0.2) for i in range(50)]
    with pytest.raises(Stopped):
        [worker.stop() for _ in worker.outcomes(tasks(*errands))]
    assert 1 <= sum(errand.begun() for errand in errands) < 10


def test_memory_is_shared_out(tmp_path, monkeypatch):
    monkeypatch.setattr("calotype.tasks.process_pool.available_bytes", lambda: 1000)
    work = [*tasks(*meeting(tmp_path), bytes=400), *tasks(*apart(tmp_path), bytes=600)]
    outcomes = {
        task.subject: outcome for task, outcome in ProcessPool("all", 2, jobs=2, device="cpu").outcomes(iter(work))
    }
    assert outcomes == {name: f"all {name}" for name in ("one", "other", *"abc")}


# ---------------------------------------------------------------------------------------------------------------
# The command with a cluster


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        noise = np.random.default_rng(i).integers(0, 256, (15, 20, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((120 + 8 * i, 90), Image.Resampling.BICUBIC).save(folder / f"photo{i}.png")
    before = signal.getsignal(signal.SIGTERM)  # the command takes it for itself
    yield folder
    signal.signal(signal.SIGTERM, before)


def pictures(out: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(out).glob("*.png")}


def worker_at_work() -> int | None:
    """A process of our own cluster that does a task of ours right now."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if not (path / "cmdline").read_bytes().startswith(b"ray::calotype"):
                continue
            raylet = (path / "stat").read_text().rpartition(")")[2].split()[1]
            if (Path("/proc") / raylet / "stat").read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                return int(path.name)
        except OSError:
            continue
    return None


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_worker_of_the_cluster_takes_nothing_along(cluster, held, photos):
    killed: list[int] = []
    held.at(files=photos.parent / "far" / "*.png", count=3)

    def kill() -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not killed:
            pid = worker_at_work() if held.waiting() == 2 else None
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.01)
        held.release()

    killer = threading.Thread(target=kill)
    killer.start()
    assert main(["vary", "photos", "-n", "10", "-o", "far", "--on", "ray:local", "--jobs", "2", *TINY]) == 0
    killer.join()
    assert killed
    assert main(["vary", "photos", "-n", "10", "-o", "here", *TINY]) == 0
    assert len(pictures("here")) == 30
    assert pictures("far") == pictures("here")


def test_a_bad_photo_and_going_on(cluster, photos, capsys):
    (photos / "broken.png").write_bytes(b"nothing")
    command = ["vary", "photos", "-o", "far", "--on", "ray:local", *TINY]
    assert main(command) == 1
    said = capsys.readouterr().err.splitlines()
    assert "broken.png" in said[0]
    assert said[-1] == "calotype: 1 of 4 photos failed, the others are done"
    Path("far", "photo1_vary_0.png").unlink()
    (photos / "broken.png").unlink()
    assert main(command) == 0
    assert capsys.readouterr().out.split() == [str(Path("far", "photo1_vary_0.png"))]


def test_what_a_cluster_has_learned_is_known_everywhere(cluster, far, model_store, tiny_engine, photos):
    (photos / "twin.png").write_bytes((photos / "photo0.png").read_bytes())
    command = ["vary", "photos", "--on", "ray:local", *LEARN]
    assert main([*command, "-o", "far"]) == 0
    assert len(list(far.glob("models/*"))) == 3  # not two for the twins
    learned = {path.name for path in model_store.glob("models/*")}
    assert len(learned) == 3
    shutil.rmtree(far / "models")
    assert main([*command, "-o", "far", "-n", "2"]) == 0
    assert not list(far.glob("models/*/previews"))  # sent there, not trained again
    shutil.rmtree(model_store / "models")
    assert main(["vary", "photos", "-n", "2", "-o", "here", *LEARN]) == 0
    assert len(pictures("far")) == 8
    assert pictures("far") == pictures("here")


@pytest.mark.parametrize("on", ["ray://127.0.0.1:1", "ray:127.0.0.1:1", "ray"])
def test_nobody_answers(photos, capsys, monkeypatch, on):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'calotype[cluster]'")
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert main(["vary", "photos", "--on", on, *TINY]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no Ray cluster answers at 127.0.0.1:1" in line


@pytest.mark.parametrize("ahead", [0, 2])
def test_tasks_are_handed_over_ahead_where_the_executor_says_so(tmp_path, ahead):
    most = 0

    class Counting(Executor):
        def _start(self, task: Task) -> None:
            nonlocal most
            most = max(most, len(self._running))

        def _messages(self) -> list[tuple[Task, object]]:
            return [(self._running[0], "done")]

        def close(self) -> None:
            pass

    executor = Counting(2)
    executor.ahead = ahead
    given = [Task(Errand(tmp_path, str(number)), str(number)) for number in range(7)]
    assert [task for task, _ in executor.outcomes(given)] == given
    assert most == 2 + ahead


def test_memory_is_scheduled_in_steps_within_what_there_is():
    step = 256 << 20
    assert [scheduled_bytes(needed, 10 * step) for needed in (1, step, step + 1)] == [step, step, 2 * step]
    assert scheduled_bytes(3 * step - 1, 3 * step - 1) == 3 * step - 1
