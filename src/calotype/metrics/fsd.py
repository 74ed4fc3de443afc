"""What a set of made pictures leaves out: how much of them each class of things covers, beside the real ones.

The Frechet segmentation distance of Bau et al. (Seeing what a GAN cannot generate, ICCV 2019, section 3.1). Which
pixels are what is told by a segmenter, or known, as with pictures composed from parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.frechet import frechet_of

_RESAMPLES = 1000  # of the bootstrap
_INTERVAL = 0.95


@dataclass(frozen=True)
class ClassArea:
    """One class of things, in both sets.

    Attributes:
        name: of the class.
        real: mean area over the real pictures, percent of a picture.
        fake: mean area over the made ones.
        change: (fake - real) / real; -1 where it is never made, ``None`` where there is none of it in the real ones.
        least: lower end of the 95 % interval of ``change``, by resampling both sets; ``None`` as above.
        most: upper end.
    """

    name: str
    real: float
    fake: float
    change: float | None
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Segmentation:
    """How far the class areas of two sets are from each other.

    Attributes:
        distance: the Frechet segmentation distance, percent^2, at least 0.
        of_means: the part of it that is the means'; the rest is the covariances'.
        floor: the distance between two halves of the real set: what equal distributions have at half the count.
        standardised: the distance where every class is measured in its own standard deviations in the real set, so
            that small things count as much as the sky. Not a published measure.
        classes: those that occur, the largest in the real set first.
    """

    distance: float
    of_means: float
    floor: float
    standardised: float
    classes: list[ClassArea]


def areas(maps: Iterable[Tensor], classes: int) -> Tensor:
    """The area of every class in every label map, percent of it: float64 [N, classes].

    Args:
        maps: batches int64 [B, H, W]; pixels below 0 belong to no class and count to the whole all the same.
        classes: how many there are.

    Raises:
        InputError: there is no map, or a number that is no class.
    """
    rows = []
    for batch in maps:
        if int(batch.max()) >= classes:
            raise InputError(f"a label map has class {int(batch.max())}: there are {classes}, counted from 0")
        flat = batch.flatten(1) + 1  # those of no class first
        offset = torch.arange(len(flat))[:, None] * (classes + 1)
        counts = torch.bincount((flat.clamp_min(0) + offset).flatten(), minlength=len(flat) * (classes + 1))
        rows.append(100 * counts.view(len(flat), -1)[:, 1:].double() / flat.shape[1])
    if not rows:
        raise InputError("there is no label map to look at: give one at least")
    return torch.cat(rows)


def fsd(real: Tensor, fake: Tensor, names: Sequence[str] | None = None, *, seed: int = 0) -> Segmentation:
    """The Frechet segmentation distance, and what it is made of.

    Large classes decide the distance; what is small and left out is seen in the table of classes, whose intervals say
    whether it could be chance.

    Args:
        real: areas [N, C] of the classes in the real pictures, percent, as by ``areas``.
        fake: areas [M, C] in the made ones.
        names: of the classes; ``None`` numbers them.
        seed: of the resampling and of the halves.

    Raises:
        InputError: there are fewer than four real pictures or two made ones, or the classes are not the same.
    """
    if real.shape[1] != fake.shape[1] or (names is not None and len(names) != real.shape[1]):
        raise InputError("the areas are not of the same classes: use one segmenter for both sets")
    if len(real) < 4 or len(fake) < 2:
        raise InputError("areas are compared over sets: give four real pictures and two made ones at least")
    real, fake = real.double(), fake.double()
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(real), generator=generator)
    half = len(real) // 2
    spread = real.std(0)
    scale = torch.where(spread > 0, 1 / spread, torch.zeros_like(spread))
    return Segmentation(
        distance=frechet_of(real, fake),
        of_means=float((real.mean(0) - fake.mean(0)).square().sum()),
        floor=frechet_of(real[order[:half]], real[order[half : 2 * half]]),
        standardised=frechet_of(real * scale, fake * scale),
        classes=_classes(real, fake, names, generator),
    )


def _classes(real: Tensor, fake: Tensor, names: Sequence[str] | None, generator: torch.Generator) -> list[ClassArea]:
    changes = torch.stack([_change(_again(real, generator), _again(fake, generator)) for _ in range(_RESAMPLES)])
    tail = (1 - _INTERVAL) / 2
    least, most = changes.nanquantile(tail, 0), changes.nanquantile(1 - tail, 0)
    a, b = real.mean(0), fake.mean(0)
    change = _change(a, b)
    found = []
    for i in a.argsort(descending=True, stable=True).tolist():
        if a[i] == 0 and b[i] == 0:
            continue
        known = a[i] > 0
        found.append(
            ClassArea(
                name=names[i] if names is not None else str(i),
                real=float(a[i]),
                fake=float(b[i]),
                change=float(change[i]) if known else None,
                least=float(least[i]) if known else None,
                most=float(most[i]) if known else None,
            )
        )
    return found


def _again(areas_: Tensor, generator: torch.Generator) -> Tensor:
    """Mean areas [C] of as many pictures, drawn anew with replacement."""
    return areas_[torch.randint(len(areas_), (len(areas_),), generator=generator)].mean(0)


def _change(real: Tensor, fake: Tensor) -> Tensor:
    return torch.where(real > 0, (fake - real) / real.clamp_min(1e-300), torch.full_like(real, torch.nan))
