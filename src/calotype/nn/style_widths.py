"""Channels of StyleGAN2's networks."""

from __future__ import annotations


def widths_by_side(side: int, base: int, most: int) -> dict[int, int]:
    """Channels by resolution, from 4 pixels up to ``side``: ``base`` over the resolution, from 1 to ``most``."""
    sides = [4 << k for k in range(side.bit_length() - 2)]
    return {each: max(1, min(base // each, most)) for each in sides}
