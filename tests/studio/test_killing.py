"""A studio that is killed loses nothing: the short form of ``benchmarks/killing.py``."""

import importlib.util
import sys
from pathlib import Path

import pytest

from .conftest import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def killing(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location("killing", ROOT / "benchmarks" / "killing.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "killing", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(900)
def test_a_killed_studio_has_every_picture_and_goes_on(killing, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    found = killing.Trial(tmp_path, seed=1, page=None, pictures=2).run(2)
    assert found.problems == []
    assert found.kills == 2
    assert found.uploads_answered >= 1
    assert found.jobs_done >= 2
    wait_until(lambda: not list(temporary.glob("calotype-*")))  # nor is anything left over


def test_a_picture_that_is_cut_short_is_found(killing):
    data = killing.picture(3)
    assert killing.whole(data)
    assert not killing.whole(data[: len(data) // 2])
