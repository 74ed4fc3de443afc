"""What all tests share: models are never kept where the user's are, and an engine that learns is at hand."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from calotype import catalog

# A job that a shell has put into the background ignores Ctrl-C, and so would every command that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def model_store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for models."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CALOTYPE_CACHE", str(folder))
    return folder


@pytest.fixture
def tests_contract(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the tiny systems, where modules are found."""
    folder = Path(__file__).parent / "contract"
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def redeclare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes what a system declares: ``redeclare("gpnn", adapts=True)``."""

    def change(name: str, **changes: Any) -> None:
        home, before = {**catalog.ENGINES, **catalog.MODELS}[name], catalog._declaration
        changed = replace(before(home), **changes)
        monkeypatch.setattr(catalog, "_declaration", lambda other: changed if other == home else before(other))

    return change


@pytest.fixture
def tiny_engine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The smallest engine that learns, in the catalog."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "contract"))
    monkeypatch.setitem(catalog.ENGINES, "tiny_engine", "tiny_engine")
    return catalog.engine("tiny_engine")
