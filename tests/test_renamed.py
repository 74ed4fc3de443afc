"""Former names of modules still import for a release, and say what they are called now."""

import importlib

import pytest

from calotype import renamed


@pytest.mark.parametrize("name", sorted(renamed._RENAMED))
def test_a_former_module_is_found_with_a_warning(name):
    new, names = renamed._RENAMED[name]
    with pytest.warns(DeprecationWarning, match=f"calotype.{new}"):
        former = renamed._Finder().create_module(importlib.machinery.ModuleSpec(f"calotype.{name}", None))
    for old, now in names.items():
        module, _, name = now.rpartition(".")
        assert getattr(former, old) is getattr(importlib.import_module(f"calotype.{module or new}"), name)
    with pytest.raises(AttributeError):
        former.nothing_of_this_name  # noqa: B018


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_imports_of_former_names_work():
    from calotype.tasks.making import Job, Piece

    assert (Job.__module__, Piece.__name__) == ("calotype.tasks.job", "OutputSpec")
