"""The page of an inversion: photos beside what the generator makes of them, and what is lost by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor

from calotype.inspection import html
from calotype.metrics.fsd import areas

_LARGEST_CLASSES = 6  # named in the key of a photo, as in the paper


@dataclass(frozen=True)
class Seen:
    """Photos and reconstructions with their segmentations.

    Attributes:
        photos: int64 [N, H, W], classes of the photos.
        made: of the reconstructions.
        names: of the classes.
    """

    photos: Tensor
    made: Tensor
    names: Sequence[str]

    @property
    def lost(self) -> Tensor:
        """Area of every class in every photo less that in its reconstruction, percent, [N, classes]."""
        return self.areas[0] - self.areas[1]

    @property
    def areas(self) -> tuple[Tensor, Tensor]:
        """Areas of the classes in the photos and in the reconstructions, percent, [N, classes] each."""
        count = len(self.names)
        return areas([self.photos], count), areas([self.made], count)


@dataclass(frozen=True)
class ClassLoss:
    """What reconstructions lose of one class, over the photos that have it.

    Attributes:
        name: of the class.
        photos: how many have it.
        real: its mean area in them, percent.
        made: its mean area in their reconstructions.
        kept: the share of its area that is kept; above 1 it grows.
    """

    name: str
    photos: int
    real: float
    made: float
    kept: float


def class_losses(seen: Seen) -> list[ClassLoss]:
    """The classes that photos have, the one that loses the most area first."""
    real, made = seen.areas
    found = []
    for number, name in enumerate(seen.names):
        there = real[:, number] > 0
        if there.any():
            before, after = float(real[there, number].mean()), float(made[there, number].mean())
            found.append(ClassLoss(name, int(there.sum()), before, after, after / before))
    return sorted(found, key=lambda one: one.made - one.real)


def ranked(seen: Seen | None, psnr: Sequence[float]) -> list[int]:
    """The numbers of the photos, those that lose most first: of area, or without segmentations in decibel."""
    if seen is None:
        return sorted(range(len(psnr)), key=lambda i: psnr[i])
    lost = seen.lost.clamp_min(0).sum(1)
    order: list[int] = lost.argsort(descending=True, stable=True).tolist()
    return order


def page(
    title: str,
    about: Sequence[tuple[str, str]],
    notes: Sequence[str],
    names: Sequence[str],
    pictures: tuple[Tensor, Tensor],
    psnr: Sequence[float],
    seen: Seen | None,
) -> str:
    """The text of the page.

    Args:
        title: of the page.
        about: names and values of what was done.
        notes: warnings.
        names: of the photos.
        pictures: photos and reconstructions, [N, 3, H, W] each.
        psnr: of every photo, decibel.
        seen: segmentations; ``None`` without a segmenter.
    """
    return html.document(title, _parts(title, about, notes, names, pictures, psnr, seen))


def _parts(
    title: str,
    about: Sequence[tuple[str, str]],
    notes: Sequence[str],
    names: Sequence[str],
    pictures: tuple[Tensor, Tensor],
    psnr: Sequence[float],
    seen: Seen | None,
) -> Iterator[str]:
    yield html.heading(title, 1)
    yield html.facts(about)
    for note in notes:
        yield html.paragraph(note, "note")
    if seen is not None:
        yield html.heading("What is lost, by class")
        yield html.table(["class", "photos", "photo %", "reconstruction %", "kept"], map(_cells, class_losses(seen)))
    yield html.heading("Photos, those that lose most first")
    if seen is None:
        yield html.paragraph("Each photo, and what the generator makes of it.", "note")
    else:
        yield html.paragraph("Each photo, what the generator makes of it, and the segmentation of both.", "note")
        yield html.key(seen.names, html.seen([seen.photos, seen.made]))
    yield html.row(_photo(i, names, pictures, psnr, seen) for i in ranked(seen, psnr))


def _cells(one: ClassLoss) -> list[str]:
    chip = ' <span class="chip dropped">lost</span>' if one.kept < 0.2 else ""
    return [escape(one.name) + chip, str(one.photos), f"{one.real:.2f}", f"{one.made:.2f}", f"{one.kept:.0%}"]


def _photo(
    number: int, names: Sequence[str], pictures: tuple[Tensor, Tensor], psnr: Sequence[float], seen: Seen | None
) -> str:
    shown = [pictures[0][number], pictures[1][number]]
    caption = f"{names[number]}: {psnr[number]:.1f} dB"
    if seen is not None:
        maps = torch.stack([seen.photos[number], seen.made[number]])
        shown += list(html.painted(maps, len(seen.names)))
        caption += _said(seen, number)
    return html.figure(shown, caption)


def _said(seen: Seen, number: int) -> str:
    """The classes that one photo loses most of."""
    lost, real = seen.lost[number], seen.areas[0][number]
    order = [i for i in lost.argsort(descending=True).tolist() if lost[i] > 0.2][:_LARGEST_CLASSES]
    told = [f"{seen.names[i]} {lost[i]:.1f} of {real[i]:.1f} %" for i in order[:3]]
    return f"; lost: {', '.join(told)}" if told else ""
