"""Which classes a generator leaves out: areas of classes in a real set and in what was generated, and their distance.

Bau et al., ICCV 2019, section 3.1. Pictures are made and segmented in batches, and only the areas are kept, so memory
does not grow with their number but by eight bytes for each class of a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from calotype.errors import InputError
from calotype.inspection.segmenters import Segmenter
from calotype.metrics.fsd import ClassArea, Segmentation, areas, fsd

FEWEST = 50  # pictures on either side
DROPPED, FEWER = -0.9, -0.3
Finding = Literal["dropped", "fewer", "more", "unsure", ""]


@dataclass(frozen=True)
class Row:
    """A class in the list of a dissection.

    Attributes:
        area: in both sets, with the relative difference and its interval.
        finding: ``dropped``: at least 90 % of the area is missing, and by the interval at least 30 %; ``fewer``: by the
            interval at least 30 % is missing; ``more``: by the interval there is at least 30 % too much; ``unsure``:
            one of these would hold, but the segmenter is not to be relied on for the class; else empty.
        pictures: in how many of the real pictures it is.
    """

    area: ClassArea
    finding: Finding
    pictures: int


@dataclass(frozen=True)
class Dissection:
    """The comparison of a generator with a set.

    Attributes:
        distance: the Frechet segmentation distance and its parts.
        rows: the classes, those that are missing first, by the area that is missing; the others by their real area.
        real: areas in the real pictures, percent, [N, classes].
        fake: areas in the generated ones, [M, classes].
        unseen: the classes that the segmenter found in no picture of either side: nothing is known of them.
    """

    distance: Segmentation
    rows: list[Row]
    real: Tensor
    fake: Tensor
    unseen: tuple[str, ...] = ()

    @property
    def missing(self) -> list[Row]:
        """The classes that are dropped, or drawn too seldom or too small."""
        return [row for row in self.rows if row.finding in ("dropped", "fewer")]


def class_areas(
    batches: Iterable[Tensor], segment: Segmenter, on_batch: Callable[[int], object] | None = None
) -> Tensor:
    """The areas of all classes in pictures, percent: float64 [N, classes].

    Args:
        batches: pictures [B, 3, H, W], -1..1.
        segment: the segmenter.
        on_batch: called with the number of pictures of each batch.

    Raises:
        InputError: there are no pictures, or a class has no name.
    """

    def maps() -> Iterable[Tensor]:
        for batch in batches:
            yield segment(batch).cpu()
            if on_batch is not None:
                on_batch(len(batch))

    return areas(maps(), len(segment.classes))


def dissect(
    real: Tensor, fake: Tensor, names: Sequence[str], *, seed: int = 0, doubtful: Collection[str] = ()
) -> Dissection:
    """Compare the areas of classes.

    Args:
        real: in real pictures, percent, [N, C].
        fake: in generated pictures, [M, C].
        names: of the classes.
        seed: of the bootstrap and of the halves.
        doubtful: names of classes that the segmenter is not to be relied on for.

    Raises:
        InputError: there are too few pictures, the classes differ, or the segmenter sees at most one class.
    """
    check_count(len(real), "real")
    check_count(len(fake), "generated")
    seen = int((real.sum(0) > 0).sum())
    if seen < 2:
        only = "nothing" if not seen else f"nothing but {names[int(real.sum(0).argmax())]}"
        raise InputError(f"the segmenter sees {only} in the real pictures: give one that knows what is in them")
    distance = fsd(real, fake, names, seed=seed)
    present = dict(zip(names, (real > 0).sum(0).tolist()))
    rows = []
    for area in distance.classes:
        finding = finding_of(area)
        finding = "unsure" if finding and area.name in doubtful else finding
        rows.append(Row(area, finding, int(present[area.name])))
    compared = {row.area.name for row in rows}
    unseen = tuple(name for name in names if name not in compared)
    return Dissection(distance, sorted(rows, key=_order), real, fake, unseen)


def check_count(count: int, what: str) -> None:
    """Check that there are enough pictures on one side.

    Raises:
        InputError: there are not.
    """
    if count < FEWEST:
        raise InputError(f"too few {what} pictures to compare areas ({count}): give at least {FEWEST}")


def finding_of(area: ClassArea) -> Finding:
    """What a relative difference and its interval say; see ``Row``."""
    if area.change is None or area.least is None or area.most is None:
        return ""
    if area.most < FEWER:
        return "dropped" if area.change <= DROPPED else "fewer"
    return "more" if area.least > -FEWER else ""


def _order(row: Row) -> tuple[int, float]:
    rank = {"dropped": 0, "fewer": 1}.get(row.finding, 2)
    return rank, row.area.fake - row.area.real if rank < 2 else -row.area.real


def most_of(areas_: Tensor, number: int, count: int) -> list[int]:
    """The numbers of the pictures that have most of a class, most first; those without it are left out."""
    order = areas_[:, number].argsort(descending=True, stable=True)[:count].tolist()
    return [i for i in order if areas_[i, number] > 0]


def spread(count: int, chosen: int) -> list[int]:
    """Numbers of pictures evenly spread over a set."""
    most = min(count, chosen)
    return [round(i * (count - 1) / max(1, most - 1)) for i in range(most)]
