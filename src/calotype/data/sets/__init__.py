"""Generated data sets with exact annotations, built from files in public packages.

Each module is one set: ``ABOUT`` describes it and names the packages it is built from, and ``compose(packages, size,
count, seed)`` yields its samples in order. Sample ``i`` is a function of the packages, the size, the seed and ``i``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calotype.data.packages import Package

# In the order in which they are listed.
SETS = (
    "scenes",
    "shapes",
    "landscapes",
    "emoji",
    "people",
    "faces",
    "photos",
    "digits",
    "openmoji",
    "avatars",
    "views",
    "solids",
    "rooms",
    "sprites",
    *("face_masks", "face_edges", "face_styles", "digit_colours", "animal_stripes", "paintings", "portraits"),
)


@dataclass(frozen=True)
class About:
    """The description of a set, available before the set is generated.

    Attributes:
        name: name of the set.
        summary: one line.
        packages: the packages it is built from.
        size: default side of the images, pixels.
        sizes: the smallest and the largest side allowed, pixels.
        count: default number of samples.
        most: the maximum number of samples; ``None`` if there is no limit.
        names: the meanings of the integer labels: lists of names under ``labels``, ``map_classes``, ``classes``,
            ``relations``.
        needs: a module that must be installed, and the extra of this package that installs it; empty if none is needed.
        licences: licences of a set that is generated without fetching a package.
        identity: the field of a sample that says who or what it shows; ``other``: both pictures of a sample show one
            identity; empty if identities are not repeated.
        other: what the picture ``other`` of a sample is, where it was not made as the condition of a pair.
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
    identity: str = ""
    other: str = ""

    @property
    def licence(self) -> str:
        """The licences of the source packages, without duplicates."""
        return self.licences or "; ".join(dict.fromkeys(package.licence for package in self.packages))

    @property
    def megabytes(self) -> int:
        """Total size of the packages to fetch, MB."""
        return sum(package.megabytes for package in self.packages)
