"""Patches of training pictures, at random places, changed by chance.

All processes draw for the whole batch, and each uses what is drawn for its share.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype import distributed

_SCALE = 0.2  # by how much a patch is enlarged or shrunk, each axis for itself
_COLOUR = 0.1  # by how much brightness, contrast and saturation change


class _Drawn(NamedTuple):
    """What is drawn for a patch: its place and size, pixels; changes of colour and mirroring, -1..1."""

    top: int
    left: int
    height: int
    width: int
    changes: tuple[float, ...]  # of brightness, contrast and saturation; mirrored above 0; empty: nothing is changed


def patches(pictures: Tensor, side: int, *, augment: bool) -> Tensor:
    """One patch of each picture, drawn by torch's global generator.

    Args:
        pictures: [B, 3, H, W], -1..1, at least as large as the patches.
        side: of the patches, pixels.
        augment: whether patches are mirrored, scaled and changed in colour.

    Returns:
        [B, 3, side, side], -1..1.
    """
    if not augment and pictures.shape[2] == pictures.shape[3] == side:
        return pictures
    sides, count = (pictures.shape[2], pictures.shape[3]), len(pictures)
    drawn = [_drawn(sides, side, augment=augment) for _ in range(distributed.world() * count)]
    own = distributed.share(torch.arange(len(drawn))).tolist()
    return torch.cat([_patch(picture[None], side, drawn[i]) for picture, i in zip(pictures, own, strict=True)])


def moved(pictures: Tensor, most: int, parts: int = 1) -> Tensor:
    """Each picture moved by up to ``most`` pixels and mirrored by chance, by torch's global generator; differentiable.

    Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020 (translation).

    Args:
        pictures: [B, 3, H, W]; borders are repeated.
        most: pixels; 0: the pictures as they are.
        parts: how many shares of batches, all of one length, the pictures are made of.
    """
    if not most:
        return pictures
    count, device = len(pictures), pictures.device
    whole = distributed.world() * count
    places, mirrored = torch.randint(2 * most + 1, (2, whole, 1)), torch.rand(whole, 1) < 0.5
    own = distributed.share(torch.arange(whole).view(parts, -1).T).T.flatten()
    places, mirrored = places[:, own], mirrored[own]
    down, right = (torch.arange(side)[None] for side in pictures.shape[2:])
    rows, columns = places[0] + down, places[1] + torch.where(mirrored, right.flip(1), right)
    of = torch.arange(count, device=device)[:, None, None]
    padded = F.pad(pictures, (most,) * 4, mode="replicate")
    found: Tensor = padded[of, :, rows.to(device)[:, :, None], columns.to(device)[:, None]]
    return found.permute(0, 3, 1, 2)


def _drawn(sides: tuple[int, int], side: int, *, augment: bool) -> _Drawn:
    scale = 1 + _SCALE * (2 * torch.rand(2) - 1) if augment else torch.ones(2)
    h, w = (min(length, round(side * float(each))) for length, each in zip(sides, scale))
    top, left = int(torch.randint(sides[0] - h + 1, ())), int(torch.randint(sides[1] - w + 1, ()))
    return _Drawn(top, left, h, w, tuple((2 * torch.rand(4) - 1).tolist()) if augment else ())


def _patch(picture: Tensor, side: int, drawn: _Drawn) -> Tensor:
    top, left, h, w, changes = drawn
    part = picture[:, :, top : top + h, left : left + w]
    if (h, w) != (side, side):
        part = F.interpolate(part, (side, side), mode="bilinear", antialias=True, align_corners=False)
    return _changed(part, changes) if changes else part


def _changed(part: Tensor, changes: tuple[float, ...]) -> Tensor:
    brightness, contrast, saturation, mirror = changes
    part = part.flip(3) if mirror > 0 else part
    grey = part.mean(1, keepdim=True)
    part = grey + (1 + _COLOUR * saturation) * (part - grey)
    changed: Tensor = (1 + _COLOUR * contrast) * part + _COLOUR * brightness
    return changed.clamp(-1, 1)
