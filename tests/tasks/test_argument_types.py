"""Arguments of other types than the verbs declare, as they are given in Python."""

import inspect

import numpy as np
import pytest
import torch

import calotype
from calotype.errors import ArgumentError
from calotype.kinds import KINDS
from calotype.tasks.argument_types import checked_types
from calotype.tasks.param import described
from calotype.tasks.verbs import JOBS

OF_KIND = {
    "number": ("0.5", [1.0], True, 10**400, np.array("a"), np.array([1.0])),
    "whole": ("2", 2.5, True, np.array([1, 2]), np.array(1.5), torch.tensor(1.5)),
    "seed": ("2", 2.5, True, np.array([3]), torch.tensor(1.5)),
    "switch": ("yes", 3, [True], np.array([True])),
    "settings": ("patch=5", ["patch=5"], {3: 4}),
    "text": (1.5, {"a": 1}, b"a"),
    "move": (1.5, {"a": 1}),
    "engine": (3, ["gpnn"]),
    "preset": (3, ["fast"]),
    "device": (3, ["cpu"]),
}
GIVEN = [(task, name, about) for task in JOBS for name, (about, _) in described(task).items() if about.kind in OF_KIND]


@pytest.mark.parametrize(
    ("task", "name", "about"), GIVEN, ids=lambda value: getattr(value, "__name__", str(value)[:20])
)
def test_values_of_other_types_are_refused_in_a_line(task, name, about):
    for value in OF_KIND[about.kind]:
        with pytest.raises(ArgumentError, match=f"{name}=") as error:
            checked_types(task, {name: value})
        assert "\n" not in str(error.value)
        assert f"({about.flag(name)}, {name}=)" in str(error.value)


@pytest.mark.parametrize(("task", "name", "about"), [each for each in GIVEN if each[2].kind == "seed"])
def test_seeds_are_from_0_to_2_to_the_53(task, name, about):
    for value in (-1, 2**53 + 1, 10**30):
        if name != "seed":  # its range depends on the number of outputs
            with pytest.raises(ArgumentError, match=f"{name}={value} cannot be used"):
                checked_types(task, {name: value})
    assert checked_types(task, {name: 2**53}) == {name: 2**53}


def test_defaults_and_numbers_of_numpy_can_be_used():
    for task in JOBS:
        usual = {
            name: default for name, (_, default) in described(task).items() if default is not inspect.Parameter.empty
        }
        assert checked_types(task, usual) == usual
    checked_types(calotype.upscale, {"factor": np.float32(2), "seed": np.int64(3), "n": np.uint8(1)})
    checked_types(
        calotype.scene, {"layers": np.True_, "unfinished": 0, "turn": torch.tensor(30.0), "look": np.array(3)}
    )


def test_sizes_and_structures_of_other_types_are_refused_in_a_line(tmp_path):
    for given in ({"size": tmp_path}, {"size": (1, 2, 3)}, {"structure": True}, {"structure": []}):
        with pytest.raises(ArgumentError, match=r"is not a size|a structure of"):
            calotype.vary(tmp_path / "photo.png", **given)


def test_none_is_for_what_may_be_left_out():
    assert checked_types(calotype.scene, {"polar": None}) == {"polar": None}
    with pytest.raises(ArgumentError, match="turn=None"):
        checked_types(calotype.scene, {"turn": None})


def test_lists_become_texts_of_several_values():
    given = {"object": [1, 2], "move": np.array([0.5, 0, 0]), "remove": ()}
    assert checked_types(calotype.scene, given) == {"object": "1,2", "move": "0.5,0.0,0.0", "remove": None}
    assert checked_types(calotype.scene, {"object": 1, "remove": np.int64(2)}) == {"object": "1", "remove": "2"}
    assert checked_types(calotype.restyle, {"classes": ["hair", "eyes"], "at": (32, 10)})["classes"] == "hair,eyes"


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda photo: calotype.vary(photo, settings="patch=5"), "settings="),
        (lambda photo: calotype.train("singan", photo, settings="steps=5"), "settings="),
        (lambda photo: calotype.directions("none", photo, samples="many"), "samples="),
    ],
)
def test_verbs_check_them(tmp_path, work, words):
    with pytest.raises(ArgumentError, match=words):
        work(tmp_path / "photo.png")


def test_every_kind_of_a_form_is_covered():
    assert {kind.name for kind in KINDS.values() if kind.form in ("whole", "number", "switch")} <= {*OF_KIND, "margin"}
