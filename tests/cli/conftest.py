import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from forks import Begun, Forks
from hold import VARIABLE, Hold
from PIL import Image

Outcome = subprocess.CompletedProcess[str]
Command = Callable[..., Outcome]

SOURCE = Path(__file__).parents[2] / "src"
FORKING = sys.platform == "linux"  # whether processes can begin as forks, and find out what they have to close
PATIENCE = 250.0  # seconds that another process gets for what takes a moment: machines that run tests are busy


def environment(*more: Path) -> dict[str, str]:
    path = os.pathsep.join([*map(str, more), str(SOURCE), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


# Where the engine is that learns, and what puts it into the catalog.
LEARNING = (Path(__file__).parents[1] / "contract", Path(__file__).parent / "registered")


@pytest.fixture
def calotype(tmp_path: Path) -> Command:
    """The real command in a process of its own, run from an empty folder."""
    return command(tmp_path)


@pytest.fixture
def learning(tmp_path: Path) -> Command:
    """The same with an engine that learns: ``--engine tiny_engine``."""
    return command(tmp_path, *LEARNING)


_FORKS: dict[tuple[Path, ...], Forks] = {}


@pytest.fixture(scope="session", autouse=True)
def forks() -> Iterator[None]:
    """Ends what was started to start commands from."""
    yield
    for each in _FORKS.values():
        each.close()
    _FORKS.clear()


def command(tmp_path: Path, *more: Path) -> Command:
    def run(
        *arguments: object,
        stdin: bytes | None = None,
        cwd: Path = tmp_path,
        before: object = None,
        anew: bool = False,
    ) -> Outcome:
        words = [str(argument) for argument in arguments]
        # What is to be limited begins as a user's command does, and so does what goes to a cluster.
        if before is None and not anew and "--on" not in words and FORKING:
            done = _forks(more).run(words, cwd, environment(*more), stdin)
        else:
            done = subprocess.run(
                [sys.executable, "-m", "calotype", *words],
                cwd=cwd,
                env=environment(*more),
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                timeout=PATIENCE,
                preexec_fn=before,
            )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def started(tmp_path: Path, *arguments: object, more: tuple[Path, ...] = LEARNING) -> "Begun | subprocess.Popen[str]":
    """A command as a terminal starts it: Ctrl-C goes to all its processes."""
    words = [str(argument) for argument in arguments]
    if FORKING:
        return Begun(_forks(more), words, tmp_path, environment(*more))
    return subprocess.Popen(
        [sys.executable, "-m", "calotype", *words],
        cwd=tmp_path,
        env=environment(*more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _forks(more: tuple[Path, ...]) -> Forks:
    if more not in _FORKS:
        _FORKS[more] = Forks(environment(*more))
    return _FORKS[more]


@pytest.fixture
def hold(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Where processes that are begun with ``environment(*LEARNING)`` wait for the test."""
    held = Hold(tmp_path_factory.mktemp("hold") / "hold")
    monkeypatch.setenv(VARIABLE, str(held.path))
    yield held
    held.release()


@pytest.fixture
def picture() -> Callable[..., Image.Image]:
    """A small picture with something in it."""

    def make(width: int = 48, height: int = 32, mode: str = "RGB") -> Image.Image:
        noise = np.random.default_rng(0).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        if mode in ("RGBA", "LA"):
            image = image.convert(mode)
            image.putalpha(Image.linear_gradient("L").resize((width, height)))
            return image
        return image.convert(mode)

    return make


@pytest.fixture
def photo(tmp_path: Path, picture: Callable[..., Image.Image]) -> Path:
    """A photo on disk, in a folder where nothing else is."""
    folder = tmp_path / "photos"
    folder.mkdir()
    path = folder / "bird.png"
    picture().save(path)
    return path
