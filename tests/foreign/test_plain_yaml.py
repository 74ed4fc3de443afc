"""YAML files of settings: plain values are read, and everything else is refused by a line that names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import InputError
from calotype.foreign.plain_yaml import read_plain_yaml

TEXT = """
# settings
data:
  path: data/some/*/*.png   # a pattern
  img_size: 64
model:
  kwargs: # f = 0.23
    range_min: [-0.6, -.6, 0]
    on_plane: True
  rate: 0.00025
render: ['one, two', "three"]
"""


def test_settings_are_read():
    assert read_plain_yaml(TEXT, "base.yaml") == {
        "data": {"path": "data/some/*/*.png", "img_size": 64},
        "model": {"kwargs": {"range_min": [-0.6, -0.6, 0], "on_plane": True}, "rate": 0.00025},
        "render": ["one, two", "three"],
    }
    nested = "a: {}\nb: []\nc:\nd: [[1, 2], [3.5e-1]]\ne: 'x # y' # z\nf: null\n"
    assert read_plain_yaml(nested, "n") == {"a": {}, "b": [], "c": None, "d": [[1, 2], [0.35]], "e": "x # y", "f": None}
    for text in (
        "- a\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !!int 3\n",
        "a:\n  b: 1\n c: 2\n",
        "a: |\n  x\n",
        "a: [1\n",
        "a b\n",
        "a: {b: 1}\n",
    ):
        with pytest.raises(InputError, match=r"line [123]"):
            read_plain_yaml(text, "n")
    with pytest.raises(InputError, match="tabs"):
        read_plain_yaml("a:\n\tb: 1\n", "n")
    for text in ("a: " + 30 * "[" + 30 * "]" + "\n", "".join(" " * k + "a:\n" for k in range(30))):
        with pytest.raises(InputError, match=r"line 1 of n|too deep"):
            read_plain_yaml(text, "n")


@given(st.text(alphabet="ab:[],'\"# -1.e\n", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        found = read_plain_yaml(text, "n")
    except InputError:
        return
    assert isinstance(found, dict)
