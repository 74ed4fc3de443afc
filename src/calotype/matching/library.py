"""The source of patches: one or several photos, stacked, at one level of the pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize


@dataclass(frozen=True)
class Library:
    """Photos stacked vertically, at one level of the pyramid.

    Attributes:
        sharp: [1, C, H, W], the photos at this level.
        blurred: the same, down- and upsampled by one level, for comparison with an image upsampled from there; ``None``
            at the coarsest level.
        forbidden: bool [rows, columns] of the patch grid, true for patches that cross the border of their photo;
            ``None`` for a single photo, which has none.
    """

    sharp: Tensor
    blurred: Tensor | None
    forbidden: Tensor | None


def at_level(photos: Sequence[Tensor], factor: float, coarser: float | None, patch: int) -> Library:
    """The library at ``factor`` times full size, with the next coarser level at ``coarser`` times full size.

    The first photo is always included; others that are smaller than two patches at this level are left out.
    """
    chosen, sizes = zip(*sizes_at(photos, factor, patch), strict=True)
    sharp = [resize(photos[i], size) for i, size in zip(chosen, sizes)]
    blurred = None
    if coarser is not None:
        blurred = stacked(
            [resize(resize(photos[i], size_at(photos[i], coarser, patch)), s) for i, s in zip(chosen, sizes)]
        )
    return Library(stacked(sharp), blurred, crossing_borders(sizes, patch, sharp[0].device))


def sizes_at(photos: Sequence[Tensor], factor: float, patch: int) -> list[tuple[int, tuple[int, int]]]:
    """The numbers of the photos that a library at ``factor`` times full size includes, each with its size there."""
    sizes = [size_at(photo, factor, patch) for photo in photos]
    return [(i, size) for i, size in enumerate(sizes) if i == 0 or min(size) >= 2 * patch]


def size_at(photo: Tensor, factor: float, patch: int) -> tuple[int, int]:
    """Height and width of ``photo`` at ``factor`` times its size, at least one pixel more than a patch."""
    return max(patch + 1, round(photo.shape[2] * factor)), max(patch + 1, round(photo.shape[3] * factor))


def stacked(photos: Sequence[Tensor]) -> Tensor:
    """Stack vertically, each padded with zeros on the right to the widest."""
    if len(photos) == 1:
        return photos[0]
    width = max(x.shape[3] for x in photos)
    return torch.cat([F.pad(x, (0, width - x.shape[3])) for x in photos], dim=2)


def crossing_borders(sizes: Sequence[tuple[int, int]], patch: int, device: torch.device) -> Tensor | None:
    """Which patches of a stack of photos of ``sizes`` cross the border of their photo."""
    if len(sizes) == 1:
        return None
    height, width = sum(h for h, _ in sizes), max(w for _, w in sizes)
    forbidden = torch.ones(height - patch + 1, width - patch + 1, dtype=torch.bool, device=device)
    top = 0
    for h, w in sizes:
        forbidden[top : top + h - patch + 1, : w - patch + 1] = False
        top += h
    return forbidden
