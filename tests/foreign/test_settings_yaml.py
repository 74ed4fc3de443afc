"""YAML files of settings: plain values are read, and everything else is refused by a line that names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import InputError
from calotype.foreign.settings_yaml import read_settings

TEXT = """
# settings
data:
  path: data/some/*/*.png   # a pattern
  img_size: 64
model:
  kwargs: # f = 0.23
    range_min: [-0.6, .6, 0]
    on_plane: True
  rate: 0.00025
render: ['one, two', "three"]
"""


def test_settings_are_read() -> None:
    assert read_settings(TEXT, "base.yaml") == {
        "data": {"path": "data/some/*/*.png", "img_size": 64},
        "model": {"kwargs": {"range_min": [-0.6, 0.6, 0], "on_plane": True}, "rate": 0.00025},
        "render": ["one, two", "three"],
    }
    assert read_settings("# nothing\n", "n") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: *x\n", "line 2 of n refers to another one"),
        ("a: !!python/name:os.system\n", "line 1 of n cannot be read"),
        ("a:\n  b: 1\n c: 2\n", "line 3 of n cannot be read"),
        ("a: [1\n", "line 2 of n cannot be read"),
        ("a:\n\tb: 1\n", "line 2 of n cannot be read"),
        ("a: 2001-13-45\n", "n cannot be read as settings: write"),
        ("a: " + 3000 * "[" + 3000 * "]" + "\n", "n cannot be read as settings: write"),
        ("- a\n", "n is no map"),
        ("a b\n", "n is no map"),
        ("a" * (1 << 20) + ": 1\n", "n is too large"),
    ],
)
def test_what_is_no_setting_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        read_settings(text, "n")
    assert str(raised.value).startswith(said)


@given(st.text(alphabet="ab:[],'\"# -1.e\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_settings(text, "n")
    except InputError:
        return
    assert isinstance(found, dict)
