"""Boxes around things, as shares of a picture: cut with it, and how two of them lie to each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

Box = tuple[float, float, float, float]  # left, top, right, bottom, 0..1

# In the order of their numbers: those of Johnson, Gupta and Fei-Fei, Image generation from scene graphs (CVPR 2018,
# section 4.1), then the two that need to know what is nearer.
RELATIONS = ("left of", "right of", "above", "below", "inside", "surrounding", "in front of", "behind")


def relation(one: Box, other: Box) -> int:
    """How ``one`` lies to ``other``, by their boxes alone: a number below 6 in ``RELATIONS``.

    Inside and surrounding where one box holds the other; else by the direction from the middle of the other to that of
    the one, in quarters of a turn. On the boundary between two quarters it is left or right.
    """
    if one[0] > other[0] and one[1] > other[1] and one[2] < other[2] and one[3] < other[3]:
        return RELATIONS.index("inside")
    if one[0] < other[0] and one[1] < other[1] and one[2] > other[2] and one[3] > other[3]:
        return RELATIONS.index("surrounding")
    dx = (one[0] + one[2]) / 2 - (other[0] + other[2]) / 2
    dy = (one[1] + one[3]) / 2 - (other[1] + other[3]) / 2
    if abs(dx) >= abs(dy) or math.isclose(abs(dx), abs(dy)):
        return RELATIONS.index("left of" if dx < 0 else "right of")
    return RELATIONS.index("above" if dy < 0 else "below")


def inverse(number: int) -> int:
    """The relation of the other to the one."""
    return number ^ 1  # they stand in pairs


def cut(box: Box, frame: Box, least: float = 0.0) -> Box | None:
    """A box as it is in a part of the picture; ``None`` where not more than a share ``least`` of it is left.

    Args:
        box: in the whole picture.
        frame: the part, in the whole picture.
        least: 0..1, of the box's area.
    """
    left, top = max(box[0], frame[0]), max(box[1], frame[1])
    right, bottom = min(box[2], frame[2]), min(box[3], frame[3])
    if right <= left or bottom <= top:
        return None
    area = (box[2] - box[0]) * (box[3] - box[1])
    if (right - left) * (bottom - top) <= least * area:
        return None
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    return (
        (left - frame[0]) / width,
        (top - frame[1]) / height,
        (right - frame[0]) / width,
        (bottom - frame[1]) / height,
    )


def kept_relations(relations: Sequence[Sequence[int]], kept: Sequence[int]) -> list[tuple[int, int, int]]:
    """The relations between objects that are kept, by their new numbers.

    Args:
        relations: (object, relation, object).
        kept: the old numbers of the objects that are, in their new order.
    """
    new = {old: number for number, old in enumerate(kept)}
    return [(new[one], number, new[other]) for one, number, other in relations if one in new and other in new]
