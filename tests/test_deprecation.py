"""The policy of deprecations: they warn, still work, and are gone in time; versions are semantic and said once."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from pathlib import Path

import pytest

import calotype
from calotype import deprecation
from calotype.deprecation import Deprecation, deprecated, known, numbers, renamed_parameters

ROOT = Path(__file__).parents[1]
PERIOD = {"since": "0.3.0", "removed_in": "0.5.0"}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(deprecation, "_KNOWN", list(deprecation._KNOWN))


def test_a_deprecated_function_warns_and_works():
    @deprecated(**PERIOD, instead="add")
    def plus(a: int, b: int = 1) -> int:
        """Add."""
        return a + b

    with pytest.warns(
        DeprecationWarning, match=r"plus is deprecated since calotype 0.3.0 .* in 0.5.0: use add"
    ) as caught:
        assert plus(1, b=3) == 4
    assert caught[0].filename == __file__  # the line of the caller
    assert plus.__doc__ == "Add."
    assert list(inspect.signature(plus).parameters) == ["a", "b"]
    assert known()[-1].instead == "add"


def test_a_former_name_of_a_parameter_is_taken_with_a_warning():
    @renamed_parameters(**PERIOD, count="n")
    def made(*, n: int = 1) -> int:
        return n

    with pytest.warns(DeprecationWarning, match=r"the argument count of .*made is deprecated .*: use n"):
        assert made(count=4) == 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made(n=5) == 5
        assert made() == 1
    with pytest.raises(TypeError, match="both count and n"):
        made(count=1, n=2)
    for wrong in ({"count": "m"}, {"n": "n"}):
        with pytest.raises(TypeError, match="cannot take"):
            renamed_parameters(**PERIOD, **wrong)(lambda n=1: n)


@pytest.mark.parametrize("removed_in", ["0.3.0", "0.3.5", "0.4.0", "0.2.0"])
def test_what_is_deprecated_works_for_a_whole_minor_version_more(removed_in):
    with pytest.raises(ValueError, match="next minor version"):
        Deprecation("x", "0.3.0", removed_in, "y")
    Deprecation("x", "0.9.1", "1.0.0", "y")


def test_a_deprecation_is_overdue_from_its_version_on():
    one = Deprecation("x", **PERIOD, instead="y")
    assert [one.overdue(version) for version in ("0.4.9", "0.5.0", "1.0.0")] == [False, True, True]


@pytest.mark.parametrize("wrong", ["1.0", "1.0.0rc1", "v1.0.0", "1.0.0.0", ""])
def test_versions_are_semantic(wrong):
    with pytest.raises(ValueError, match="is no version"):
        numbers(wrong)


def test_none_is_overdue():
    for module in pkgutil.walk_packages(calotype.__path__, "calotype."):
        if ".tasks" in module.name or module.name.count(".") == 1:
            importlib.import_module(module.name)
    assert [one.message for one in known() if one.overdue(calotype.__version__)] == []


def test_the_version_is_said_once():
    numbers(calotype.__version__)
    source = (ROOT / "src" / "calotype" / "__init__.py").read_text("utf-8")
    assert len(re.findall(r'^__version__ = "', source, re.MULTILINE)) == 1
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert not re.search(r'^version = "', project, re.MULTILINE)
    assert f"version: {calotype.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_only_tested_versions_of_python_are_claimed():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert re.findall(r"Python :: (3\.\d+)", project) == ["3.11"]
    assert 'requires-python = ">=3.11"' in project
