"""What users build on: the public names, and the verbs' signatures. Changing them is a decision, not an accident."""

import inspect
import subprocess
import sys

import pytest

import calotype

NAMES = {
    "vary",
    "retarget",
    "evaluate",
    "show",
    "load",
    "open_photo",
    "Photo",
    "Size",
    "Factor",
    "Result",
    "Run",
    "Event",
    "CalotypeError",
    "InputError",
    "OutputError",
    "Stopped",
}

MAKING = {
    "n": 1,
    "seed": 0,
    "engine": "gpnn",
    "preset": "fast",
    "size": None,
    "factor": None,
    "structure": "loose",
    "tile": "none",
    "also": (),
    "max_side": None,
    "settings": None,
    "device": "auto",
    "run": None,
}
SIGNATURES = {
    "vary": {"photo": inspect.Parameter.empty, **MAKING},
    "retarget": {"photo": inspect.Parameter.empty, **{k: v for k, v in MAKING.items() if k != "structure"}},
    "show": {"path": inspect.Parameter.empty},
}


def test_public_names():
    assert set(calotype.__all__) == {"__version__", *NAMES}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_public_name_can_be_had_and_is_documented(name):
    assert inspect.getdoc(getattr(calotype, name))
    assert name in dir(calotype)


def test_unknown_name():
    with pytest.raises(AttributeError, match="varry"):
        calotype.varry  # noqa: B018


@pytest.mark.parametrize("verb", sorted(SIGNATURES))
def test_signature(verb):
    parameters = inspect.signature(getattr(calotype, verb)).parameters
    assert {name: p.default for name, p in parameters.items()} == SIGNATURES[verb]
    positional = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == {"show": ["path"]}.get(verb, ["photo", "n", "seed"])


def test_importing_calotype_is_light():
    code = "import sys, calotype, calotype.tasks.vary, calotype.cli.app; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
