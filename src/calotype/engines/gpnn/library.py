"""Where the patches come from: one or several photos, and what can be made of them, side by side at one level of the pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.resize import resize


@dataclass(frozen=True)
class Library:
    """Photos stacked one above the other, at one level of the pyramid.

    Attributes:
        sharp: [1, C, H, W], the photos at this level.
        blurred: the same, shrunk to the level below and back, to be compared with a picture that comes from there;
            ``None`` at the coarsest level.
        forbidden: bool [rows, columns] of the grid of patches, true where a patch would reach over the edge of its photo;
            ``None`` for a single photo, which has no such patches.
    """

    sharp: Tensor
    blurred: Tensor | None
    forbidden: Tensor | None


def relatives(photos: Sequence[Tensor], mirror: bool, scales: Sequence[float], smallest: int) -> list[Tensor]:
    """The photos, their mirror images and enlarged or reduced copies that are still ``smallest`` pixels each way."""
    family = list(photos)
    for scale in scales:
        for photo in photos:
            size = (round(photo.shape[2] * scale), round(photo.shape[3] * scale))
            if min(size) >= smallest:
                family.append(resize(photo, size))
    return family + [photo.flip(3) for photo in family] if mirror else family


def at_level(photos: Sequence[Tensor], factor: float, coarser: float | None, patch: int) -> Library:
    """The library at the level that is ``factor`` times full size, the one below it being ``coarser`` times.

    Photos that would be smaller than two patches at this level lend none to it.
    """
    sharp, blurred = [], []
    for index, photo in enumerate(photos):
        size = shrunk(photo, factor)
        if index > 0 and min(size) < 2 * patch:
            continue
        sharp.append(resize(photo, size))
        if coarser is not None:
            blurred.append(resize(resize(photo, shrunk(photo, coarser)), size))
    sizes = [(x.shape[2], x.shape[3]) for x in sharp]
    return Library(stacked(sharp), stacked(blurred) if blurred else None, crossing(sizes, patch, sharp[0].device))


def shrunk(photo: Tensor, factor: float) -> tuple[int, int]:
    """Height and width of ``photo`` at ``factor`` times its size, at least 8 pixels each way."""
    return max(8, round(photo.shape[2] * factor)), max(8, round(photo.shape[3] * factor))


def stacked(photos: Sequence[Tensor]) -> Tensor:
    """One above the other, each padded with zeros on the right to the widest."""
    width = max(x.shape[3] for x in photos)
    return torch.cat([F.pad(x, (0, width - x.shape[3])) for x in photos], dim=2)


def crossing(sizes: Sequence[tuple[int, int]], patch: int, device: torch.device) -> Tensor | None:
    """Which patches of the stack of photos of ``sizes`` reach over the edge of their photo."""
    if len(sizes) == 1:
        return None
    height, width = sum(h for h, _ in sizes), max(w for _, w in sizes)
    forbidden = torch.ones(height - patch + 1, width - patch + 1, dtype=torch.bool, device=device)
    top = 0
    for h, w in sizes:
        forbidden[top : top + h - patch + 1, : w - patch + 1] = False
        top += h
    return forbidden
