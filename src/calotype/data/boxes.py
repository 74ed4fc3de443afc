"""Bounding boxes in relative coordinates: cropping, and spatial relations between two boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # left, top, right, bottom, 0..1

# Indexed: those of Johnson, Gupta and Fei-Fei, Image generation from scene graphs (CVPR 2018, section 4.1), then two
# that require depth.
RELATIONS = ("left of", "right of", "above", "below", "inside", "surrounding", "in front of", "behind")


def relation(one: Box, other: Box) -> int:
    """The spatial relation of ``one`` to ``other`` by their boxes: an index below 6 in ``RELATIONS``.

    ``inside`` or ``surrounding`` if one box contains the other; else by the direction between their centres, in
    quadrants. On the boundary between two quadrants it is left or right.
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
    """The inverse relation."""
    return number ^ 1  # relations are stored in inverse pairs


def cut(box: Box, frame: Box, least: float = 0.0) -> Box | None:
    """A box in a crop of the image; ``None`` if at most a share ``least`` of it is visible.

    Args:
        box: in the full image.
        frame: the crop, in the full image.
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
    """The relations between the kept objects, renumbered.

    Args:
        relations: (object, relation, object).
        kept: old indices of the kept objects, in their new order.
    """
    new = {old: number for number, old in enumerate(kept)}
    return [(new[one], number, new[other]) for one, number, other in relations if one in new and other in new]


def box_of(mask: NDArray[np.bool_]) -> Box:
    """The bounding box (left, top, right, bottom) of the true pixels, as shares of the width and height."""
    import numpy as np

    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def spatial(boxes: Sequence[Box], nearness: Sequence[float]) -> list[tuple[int, int, int]]:
    """For every two objects, the spatial relation of their boxes, both ways, and which is in front if they overlap.

    Args:
        boxes: of the objects.
        nearness: of the objects: larger is nearer to the camera.

    Returns:
        (object, relation, object), as indices.
    """
    found = []
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            number = relation(boxes[i], boxes[j])
            found += [(i, number, j), (j, inverse(number), i)]
            overlap = boxes[i][0] < boxes[j][2] and boxes[j][0] < boxes[i][2]
            if overlap and boxes[i][1] < boxes[j][3] and boxes[j][1] < boxes[i][3]:
                near, far = (i, j) if nearness[i] > nearness[j] else (j, i)
                found += [(near, RELATIONS.index("in front of"), far), (far, RELATIONS.index("behind"), near)]
    return found
