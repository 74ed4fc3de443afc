"""Numbers and places in messages, as people count."""

import pytest

from calotype.errors import counted, nth, unknown


@pytest.mark.parametrize(
    ("count", "thing", "said"),
    [
        (1, "box", "1 box"),
        (2, "box", "2 boxes"),
        (0, "class", "0 classes"),
        (1, "identity", "1 identity"),
        (3, "identity", "3 identities"),
        (2, "label map", "2 label maps"),
        (-1, "frame", "-1 frames"),
    ],
)
def test_counted(count, thing, said):
    assert counted(count, thing) == said


@pytest.mark.parametrize(
    ("index", "said"),
    [(0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (12, "13th"), (20, "21st")],
)
def test_places_count_from_one(index, said):
    assert nth(index) == said


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("openmoij", "openmoji"),
        ("gpn", "gpnn"),
        ("gpnnn", "gpnn"),
        ("sngan", "singan"),
        ("nope", None),
        ("none", None),
        ("model", None),
    ],
)
def test_only_close_names_are_suggested(name, suggested):
    said = unknown("name", name, ["gpnn", "gpdm", "singan", "openmoji"])
    assert said.startswith(f"there is no name '{name}': ")
    assert ("did you mean" in said) == (suggested is not None)
    assert suggested is None or f"did you mean '{suggested}'?" in said
