"""The walk through the studio fails where the page offers what was not used: ``benchmarks/studio_walk.py``."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def walk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
        spec = importlib.util.spec_from_file_location("studio_walk", BENCHMARKS / "studio_walk.py")
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, "studio_walk", module)
        spec.loader.exec_module(module)
        yield module


def field(name, kind):
    return {"name": name, "kind": kind}


VERBS = [
    {"name": "erase", "fields": [field("photo", "photo"), field("mask", "mask"), field("grow", "number")]},
    {"name": "sample", "fields": [field("seed", "seed"), field("feather", "number"), field("shape", "shape")]},
]


class Offered:
    def fetched(self, path):
        assert path == "/api/verbs"
        return json.dumps(VERBS).encode()


def test_what_was_not_used_is_named(walk):
    def walked(seen, pressed, **inputs):
        done = [{"verb": verb, "inputs": names} for verb, names in inputs.items()]
        return walk.Walk(Offered(), "desktop", {}, {}, None, done, [], set(seen), set(pressed))

    one = walked(["tool brush", "tool lasso"], ["tool brush"], erase=["photo", "grow"])
    assert walk.unused(Offered(), [one]) == [
        "verb sample",
        "input erase mask (mask)",  # a file is used in each verb
        "kind mask",
        "kind seed",
        "kind shape",  # a number was used, in another verb
        "tool lasso",
    ]
    other = walked([], ["tool lasso"], erase=["mask"], sample=["seed", "shape"])
    assert walk.unused(Offered(), [one, other]) == []
