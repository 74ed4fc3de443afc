"""mCSD and mOCD: how much pictures change inside and outside of a class whose code alone was changed.

Zhu, Xu, You, Bai, "Semantically Multi-modal Image Synthesis", CVPR 2020, sec. 4.2: of several pictures of one label map
that differ in the code of one class, the class-specific diversity (CSD) is the mean distance of pairs inside of that
class, and the other-classes diversity (OCD) that outside; means over the classes are mCSD (higher is better) and mOCD
(lower is better). The publication measures distances by LPIPS of masked pictures. Numbers with another distance are on
another scale: each result names its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from calotype.errors import InputError

# Distance of two pictures [1, 3, H, W], -1..1, by the pixels of a mask, bool [H, W].
Distance = Callable[[Tensor, Tensor, Tensor], float]


@dataclass(frozen=True)
class ClassDiversity:
    """Diversity inside and outside of the classes that were changed.

    Attributes:
        mcsd: mean class-specific diversity; higher is better.
        mocd: mean other-classes diversity; lower is better.
        distance: name of the distance.
        classes: number of classes in the means.
        by_class: CSD and OCD of each class, by its number.
    """

    mcsd: float
    mocd: float
    distance: str
    classes: int
    by_class: dict[int, tuple[float, float]]

    @property
    def ratio(self) -> float:
        """mOCD over mCSD: 0 if nothing but the class changes, about 1 if all changes alike."""
        return self.mocd / self.mcsd if self.mcsd else float("inf")


class ClassDiversityMeter:
    """Adds up distances; ``result`` gives the means, over pairs, then layouts, then classes.

    Args:
        distance: of two pictures by the pixels of a mask; ``None``: the mean absolute difference.
        name: of the distance.
        pairs: most pairs that are compared of each set of pictures.
        seed: of their choice.
    """

    def __init__(
        self, distance: Distance | None = None, name: str = "mean absolute difference", pairs: int = 19, seed: int = 0
    ) -> None:
        self._distance, self._name, self._pairs = distance or absolute_difference, name, pairs
        self._noise = torch.Generator().manual_seed(seed)
        self._found: dict[int, list[tuple[float, float]]] = {}

    def add(self, number: int, pictures: Tensor, there: Tensor) -> None:
        """Add pictures of one label map that differ in the code of one class.

        Args:
            number: of the class.
            pictures: [K, 3, H, W], -1..1, two or more.
            there: bool [H, W], the pixels of the class: some, but not all.

        Raises:
            InputError: there are fewer than two pictures, or the class has no pixel or all.
        """
        if len(pictures) < 2:
            raise InputError("class diversity compares pictures with each other: give two or more")
        if not there.any() or there.all():
            raise InputError(f"class {number} has no pixel, or all of them: there is nothing to compare it with")
        pairs = list(combinations(range(len(pictures)), 2))
        some = torch.randperm(len(pairs), generator=self._noise)[: self._pairs].tolist()
        given = [(pictures[a][None], pictures[b][None]) for a, b in (pairs[i] for i in some)]
        inside, outside = (_mean([self._distance(a, b, mask) for a, b in given]) for mask in (there, ~there))
        self._found.setdefault(number, []).append((inside, outside))

    def result(self) -> ClassDiversity:
        """The means so far.

        Raises:
            InputError: nothing was added.
        """
        if not self._found:
            raise InputError("class diversity of no pictures: add some first")
        by_class = {
            number: (_mean([inside for inside, _ in found]), _mean([outside for _, outside in found]))
            for number, found in sorted(self._found.items())
        }
        means = [_mean([values[i] for values in by_class.values()]) for i in range(2)]
        return ClassDiversity(means[0], means[1], self._name, len(by_class), by_class)


def absolute_difference(one: Tensor, other: Tensor, mask: Tensor) -> float:
    """The mean absolute difference of two pictures over the pixels of a mask, bool [H, W], 0..2."""
    return float((one - other).abs()[..., mask].mean())


def masked(distance: Callable[[Tensor, Tensor], float]) -> Distance:
    """A distance of whole pictures, applied to pictures that are grey (0) outside of the mask, as published."""
    return lambda one, other, mask: distance(one * mask, other * mask)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
