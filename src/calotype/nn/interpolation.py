"""Paths between two vectors: straight lines, and arcs for vectors of a normal distribution."""

from __future__ import annotations

import torch
from torch import Tensor


def line(first: Tensor, last: Tensor, frames: int) -> list[Tensor]:
    """``frames`` points, at least 2, at equal distances on the straight line from ``first`` to ``last``."""
    return [first.lerp(last, i / (frames - 1)) for i in range(frames)]


def arc(first: Tensor, last: Tensor, frames: int) -> list[Tensor]:
    """``frames`` points, at least 2, at equal angles on the arc from ``first`` to ``last``; lengths change linearly.

    Points of a straight line between two samples of a normal distribution are shorter than samples are; those of the
    arc are not (Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985). Where the vectors point in the
    same or in opposite directions, or one is zero, the straight line is used.

    Args:
        first: [1, n].
        last: [1, n].
        frames: number of points.
    """
    lengths = first.norm(), last.norm()
    cosine = (first * last).sum() / (lengths[0] * lengths[1]).clamp_min(1e-12)
    angle = torch.acos(cosine.clamp(-1, 1))
    if angle.sin() < 1e-3 or min(lengths) < 1e-6:
        return line(first, last, frames)
    directions = first / lengths[0], last / lengths[1]
    points = []
    for i in range(frames):
        share = i / (frames - 1)
        turned = ((1 - share) * angle).sin() * directions[0] + (share * angle).sin() * directions[1]
        points.append(torch.lerp(*lengths, share) * turned / angle.sin())
    return points
