"""An engine or a preset beside a trained model is refused by every verb: the model has its own."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import calotype
from calotype.tasks.param import described
from calotype.tasks.verbs import VERBS

FACES = Path(__file__).parents[2] / "examples" / "models" / "faces"
PHOTO = np.zeros((32, 32, 3), np.uint8)
BOTH = [verb for verb, (task, _) in VERBS.items() if {"model", "engine", "preset"} <= described(task).keys()]


@pytest.mark.parametrize("verb", BOTH)
@pytest.mark.parametrize(
    ("given", "words"), [({"engine": "gpdm"}, "leave out --engine"), ({"preset": "tiny"}, "fixed")]
)
def test_refused(verb, given, words, monkeypatch):
    task, job = VERBS[verb]
    monkeypatch.setattr("calotype.tasks.request.check_able", lambda *_, **__: None)
    monkeypatch.setattr(job, "check", classmethod(lambda cls, own: None))
    monkeypatch.setattr("calotype.tasks.request._supported", lambda own, known, engine: dict(own))
    monkeypatch.setattr("calotype.tasks.request.declared", lambda name: _Anything())
    values = {name: each.default for name, each in inspect.signature(task).parameters.items()}
    defaults = {name: values[name] for name in ("engine", "preset", "factor") if name in values}
    size = {"size": "40x40"} if verb == "retarget" else {}
    with pytest.raises(calotype.InputError, match=words):
        job.ordered(**{**defaults, **given, **size}, model=FACES)
    assert job.ordered(**defaults, **size, model=FACES).engine == "stylegan"


class _Anything:
    """A declaration of a system with every verb."""

    def __init__(self):
        self.verbs = dict.fromkeys(VERBS, self)
        self.of_sets, self.structure, self.options, self.abilities = False, None, (), frozenset()


def test_by_a_call():
    with pytest.raises(calotype.InputError, match="the model faces is of stylegan: leave out --engine gpdm"):
        calotype.edit(PHOTO, PHOTO, engine="gpdm", model=FACES)
    with pytest.raises(calotype.InputError, match="the preset of the trained model faces is fixed: leave out --preset"):
        calotype.erase(PHOTO, mask=PHOTO, preset="paper", model=FACES)
