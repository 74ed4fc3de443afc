"""Frechet segmentation distance: how the areas of object classes differ between generated and real images.

Bau et al. (Seeing what a GAN cannot generate, ICCV 2019, section 3.1). Label maps come from a segmentation network, or
are known, as for images composed of parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.frechet import frechet_of

_RESAMPLES = 1000  # bootstrap samples
_INTERVAL = 0.95


@dataclass(frozen=True)
class ClassArea:
    """Area of one class in both sets.

    Attributes:
        name: of the class.
        real: mean area in the real images, percent of an image.
        fake: mean area in the generated images, percent.
        change: (fake - real) / real; -1 if it is never generated, ``None`` if the real images do not have it.
        least: lower end of the 95 % bootstrap interval of ``change``; ``None`` as above.
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
    """Differences of class areas between two sets.

    Attributes:
        distance: the Frechet segmentation distance, percent^2, at least 0.
        of_means: its part due to the means; the rest is due to the covariances.
        floor: the FD between two halves of the real set: the value for equal distributions at half the count.
        standardised: the distance with each class in units of its standard deviation in the real set, so that small
            objects count as much as the sky. Not a published measure.
        classes: the classes that occur, largest in the real set first.
    """

    distance: float
    of_means: float
    floor: float
    standardised: float
    classes: list[ClassArea]

    @property
    def of_covariances(self) -> float:
        """The part of the distance due to the covariances."""
        return max(0.0, self.distance - self.of_means)


def areas(maps: Iterable[Tensor], classes: int) -> Tensor:
    """The area of every class in every label map, percent: float64 [N, classes].

    Args:
        maps: batches int64 [B, H, W]; pixels below 0 have no class, but are part of the total area.
        classes: number of classes.

    Raises:
        InputError: there is no map, or a label that is not a class.
    """
    rows = []
    for batch in maps:
        if int(batch.max()) >= classes:
            raise InputError(f"a label map has class {int(batch.max())}: there are {classes}, counted from 0")
        flat = batch.flatten(1) + 1  # pixels without a class first
        offset = torch.arange(len(flat))[:, None] * (classes + 1)
        counts = torch.bincount((flat.clamp_min(0) + offset).flatten(), minlength=len(flat) * (classes + 1))
        rows.append(100 * counts.view(len(flat), -1)[:, 1:].double() / flat.shape[1])
    if not rows:
        raise InputError("there are no label maps: give at least one")
    return torch.cat(rows)


def fsd(real: Tensor, fake: Tensor, names: Sequence[str] | None = None, *, seed: int = 0) -> Segmentation:
    """The Frechet segmentation distance and its components.

    Large classes dominate the distance; missing small classes show in the table of classes, whose intervals tell
    whether a difference is significant.

    Args:
        real: areas [N, C] of the classes in the real images, percent, as from ``areas``.
        fake: areas [M, C] in the generated images.
        names: of the classes; ``None`` numbers them.
        seed: of the bootstrap and of the halves.

    Raises:
        InputError: there are fewer than four real images or two generated ones, or the classes differ.
    """
    if real.shape[1] != fake.shape[1] or (names is not None and len(names) != real.shape[1]):
        raise InputError("the areas are not of the same classes: use one segmenter for both sets")
    if len(real) < 4 or len(fake) < 2:
        raise InputError("areas are compared over sets: give at least four real pictures and two generated ones")
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
    changes = torch.stack(
        [_change(_bootstrap_mean(real, generator), _bootstrap_mean(fake, generator)) for _ in range(_RESAMPLES)]
    )
    tail = (1 - _INTERVAL) / 2
    least, most = changes.nanquantile(tail, 0), changes.nanquantile(1 - tail, 0)
    a, b = real.mean(0), fake.mean(0)
    change = _change(a, b)
    result = []
    for i in a.argsort(descending=True, stable=True).tolist():
        if a[i] == 0 and b[i] == 0:
            continue
        known = a[i] > 0
        result.append(
            ClassArea(
                name=names[i] if names is not None else str(i),
                real=float(a[i]),
                fake=float(b[i]),
                change=float(change[i]) if known else None,
                least=float(least[i]) if known else None,
                most=float(most[i]) if known else None,
            )
        )
    return result


def _bootstrap_mean(areas_: Tensor, generator: torch.Generator) -> Tensor:
    """Mean areas [C] of a bootstrap sample: as many images, drawn with replacement."""
    return areas_[torch.randint(len(areas_), (len(areas_),), generator=generator)].mean(0)


def _change(real: Tensor, fake: Tensor) -> Tensor:
    return torch.where(real > 0, (fake - real) / real.clamp_min(1e-300), torch.full_like(real, torch.nan))
