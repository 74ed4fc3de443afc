"""Where the patches come from: one or several photos side by side, at one level of the pyramid."""

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
        forbidden: bool [rows, columns] of the grid of patches, true where a patch would reach over the edge of its
            photo; ``None`` for a single photo, which has no such patches.
    """

    sharp: Tensor
    blurred: Tensor | None
    forbidden: Tensor | None


def at_level(photos: Sequence[Tensor], factor: float, coarser: float | None, patch: int) -> Library:
    """The library at the level that is ``factor`` times full size, the one below it being ``coarser`` times.

    The first photo is always in it; others that would be smaller than two patches at this level are left out.
    """
    sizes = [shrunk(photo, factor, patch) for photo in photos]
    chosen = [i for i, size in enumerate(sizes) if i == 0 or min(size) >= 2 * patch]
    sizes = [sizes[i] for i in chosen]
    sharp = [resize(photos[i], size) for i, size in zip(chosen, sizes)]
    blurred = None
    if coarser is not None:
        blurred = stacked(
            [resize(resize(photos[i], shrunk(photos[i], coarser, patch)), s) for i, s in zip(chosen, sizes)]
        )
    return Library(stacked(sharp), blurred, crossing(sizes, patch, sharp[0].device))


def shrunk(photo: Tensor, factor: float, patch: int) -> tuple[int, int]:
    """Height and width of ``photo`` at ``factor`` times its size, at least one pixel more than a patch."""
    return max(patch + 1, round(photo.shape[2] * factor)), max(patch + 1, round(photo.shape[3] * factor))


def stacked(photos: Sequence[Tensor]) -> Tensor:
    """One above the other, each padded with zeros on the right to the widest."""
    if len(photos) == 1:
        return photos[0]
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
