"""Pairs of the lines of a drawn face and the face in colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calotype.data.packages import Fetched
from calotype.data.sets.face_tasks import about, edges, pairs
from calotype.data.writing import Made

ABOUT = about("face_edges", "the lines of drawn faces, each with the face in colour: pairs")


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield pair after pair: ``other`` has the lines; the label says which of glasses, beard and hat a face has."""
    yield from pairs(packages, size, count, seed, edges)
