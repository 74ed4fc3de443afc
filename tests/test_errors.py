"""Numbers and places in messages, as people count."""

import pytest

from calotype.errors import counted, nth


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
