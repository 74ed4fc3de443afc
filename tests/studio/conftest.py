"""A studio without its guard, for what it does; the guard is tried apart, and in a real server."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hold import VARIABLE, Hold
from PIL import Image

pytest.importorskip("fastapi", reason="the studio's packages are not installed")
pytest.importorskip("httpx2", reason="httpx2 is not installed, and requests cannot be tried without it")

from fastapi.testclient import TestClient

from calotype.catalog import ENGINES
from calotype.studio.app import create

from .browser import Server, chromium

TESTS = Path(__file__).parents[1]
LEARNING = (TESTS / "contract", TESTS / "cli" / "registered")
ENDED = ("done", "failed", "stopped")
PATIENCE = 250.0  # seconds: machines that run tests are busy


def picture(width: int = 48, height: int = 32, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """A small picture with something in it."""
    noise = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    """A picture as a file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def mask(width: int = 48, height: int = 32) -> bytes:
    """A mask of the middle, as a PNG."""
    image = Image.new("L", (width, height), 0)
    image.paste(255, (width // 3, height // 3, width // 2, height // 2))
    return encoded(image)


def uploaded(client: TestClient, data: bytes | None = None, name: str = "bird.png") -> str:
    """Hand a picture in and return its id."""
    answer = client.post("/api/pictures", params={"name": name}, content=data or encoded(picture()))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def asked(client: TestClient, verb: str, **arguments: Any) -> dict[str, Any]:
    """Ask for a job."""
    answer = client.post(f"/api/verbs/{verb}/jobs", json=arguments)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def awaited(client: TestClient, id: str, until: Callable[[dict[str, Any]], bool] | None = None) -> dict[str, Any]:
    """A job when it has ended, or when something is true of it."""
    end = time.monotonic() + PATIENCE
    while True:
        job: dict[str, Any] = client.get(f"/api/jobs/{id}").json()
        if until(job) if until else job["state"] in ENDED:
            return job
        assert time.monotonic() < end, f"the job did not come so far: {job}"
        time.sleep(0.05)


def wait_until(look: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the studio of a file of tests keeps everything; its models too."""
    folder = tmp_path_factory.mktemp("studio")
    patch = pytest.MonkeyPatch()
    patch.setenv("CALOTYPE_CACHE", str(folder / "cache"))
    # The server and the processes that work know an engine that learns in no time: ``tiny_engine``.
    patch.setenv("PYTHONPATH", os.pathsep.join([*map(str, LEARNING), os.environ.get("PYTHONPATH", "")]))
    patch.syspath_prepend(LEARNING[0])
    patch.setitem(ENGINES, "tiny_engine", "tiny_engine")
    patch.setenv(VARIABLE, str(folder / "hold"))
    yield folder
    patch.undo()


@pytest.fixture(autouse=True)
def model_store(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for models that the processes know too, which were begun before this test."""
    monkeypatch.setenv("CALOTYPE_CACHE", str(place / "cache"))
    return place / "cache"


@pytest.fixture
def hold(place: Path) -> Iterator[Hold]:
    """Where the processes that work wait for the test."""
    held = Hold(place / "hold")
    yield held
    held.release()


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[TestClient]:
    """Requests to a studio at work."""
    with TestClient(create(place / "home"), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The command ``calotype studio``, whose work can be held."""
    server = Server(tmp_path_factory.mktemp("page"), held=True)
    server.start()
    yield server
    assert server.stop() == 0
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser, with the folder of its downloads."""
    downloads = tmp_path_factory.mktemp("downloads")
    with chromium(downloads) as driver:
        driver.downloads = downloads
        yield driver
