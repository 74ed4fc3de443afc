import pytest

from calotype.data.boxes import RELATIONS, cut, inverse, kept_relations, relation


def box(x, y, half=0.05):
    return (x - half, y - half, x + half, y + half)


MIDDLE = box(0.5, 0.5)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (box(0.2, 0.5), "left of"),
        (box(0.8, 0.5), "right of"),
        (box(0.5, 0.2), "above"),
        (box(0.5, 0.8), "below"),
        (box(0.3, 0.4), "left of"),
        (box(0.7, 0.6), "right of"),
        (box(0.4, 0.3), "above"),
        (box(0.6, 0.7), "below"),
        (box(0.3, 0.3), "left of"),  # on the boundary between two quarters
        (box(0.7, 0.7), "right of"),
        (box(0.3, 0.7), "left of"),
        (box(0.7, 0.3), "right of"),
        (box(0.5, 0.5, 0.02), "inside"),
        (box(0.52, 0.51, 0.02), "inside"),
        (box(0.5, 0.5, 0.2), "surrounding"),
        (box(0.45, 0.5, 0.2), "surrounding"),
    ],
)
def test_how_a_box_lies_to_another(one, said):
    assert RELATIONS[relation(one, MIDDLE)] == said
    assert relation(MIDDLE, one) == inverse(relation(one, MIDDLE))


def test_cutting():
    frame = (0.25, 0.0, 0.75, 1.0)
    assert cut((0.25, 0.2, 0.5, 0.4), frame) == (0.0, 0.2, 0.5, 0.4)
    assert cut((0.0, 0.0, 1.0, 1.0), frame) == (0, 0, 1, 1)
    assert cut((0.0, 0.2, 0.2, 0.4), frame) is None
    assert cut((0.0, 0.0, 0.3, 1.0), frame, 0.25) is None  # a sixth of it is left
    assert cut((0.0, 0.0, 0.3, 1.0), frame, 0.1) == pytest.approx((0, 0, 0.1, 1))


def test_relations_of_what_is_kept():
    assert kept_relations([(0, 1, 2), (2, 0, 0), (1, 5, 2)], [2, 0]) == [(1, 1, 0), (0, 0, 1)]
