"""Sets of images that anyone can have: made from what packages of other programs hold, exactly labelled.

Each file is one set: ``ABOUT`` says what it is and from what it is made, ``compose(packages, size, count, seed)`` makes
its samples, one after the other. Sample ``i`` is a function of the packages, the size, the seed and ``i``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calotype.data.packages import Package

# By the order in which they are listed.
SETS = ("scenes", "emoji", "people", "photos", "digits", "openmoji", "avatars", "views")


@dataclass(frozen=True)
class About:
    """What is said of a set before it is made.

    Attributes:
        name: of the set.
        summary: one line.
        packages: what it is made from.
        size: side of the images unless another is asked for, pixels.
        sizes: the smallest and the largest side.
        count: samples unless another number is asked for.
        most: samples at most; ``None`` where there is no end to them.
        names: what the numbers in it mean: lists of names under ``labels``, ``map_classes``, ``classes``,
            ``relations``.
        needs: a module that has to be installed, and the extra of this package that brings it; empty where none is.
        licences: of what is made without fetching a package.
    """

    name: str
    summary: str
    packages: tuple[Package, ...]
    size: int
    sizes: tuple[int, int]
    count: int
    most: int | None = None
    names: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, str] | tuple[()] = ()
    licences: str = ""

    @property
    def licence(self) -> str:
        """The licences of what it is made from, each once."""
        return self.licences or "; ".join(dict.fromkeys(package.licence for package in self.packages))

    @property
    def megabytes(self) -> int:
        """To fetch, in all."""
        return sum(package.megabytes for package in self.packages)
