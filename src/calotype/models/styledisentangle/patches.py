"""Patches of training pictures, at random places, changed by chance."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_SCALE = 0.2  # by how much a patch is enlarged or shrunk, each axis for itself
_COLOUR = 0.1  # by how much brightness, contrast and saturation change


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
    return torch.cat([_patch(picture[None], side, augment=augment) for picture in pictures])


def moved(pictures: Tensor, most: int) -> Tensor:
    """Each picture moved by up to ``most`` pixels and mirrored by chance, by torch's global generator; differentiable.

    Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020 (translation).

    Args:
        pictures: [B, 3, H, W]; borders are repeated.
        most: pixels; 0: the pictures as they are.
    """
    if not most:
        return pictures
    count, device = len(pictures), pictures.device
    places, mirrored = torch.randint(2 * most + 1, (2, count, 1)), torch.rand(count, 1) < 0.5
    down, right = (torch.arange(side)[None] for side in pictures.shape[2:])
    rows, columns = places[0] + down, places[1] + torch.where(mirrored, right.flip(1), right)
    of = torch.arange(count, device=device)[:, None, None]
    padded = F.pad(pictures, (most,) * 4, mode="replicate")
    found: Tensor = padded[of, :, rows.to(device)[:, :, None], columns.to(device)[:, None]]
    return found.permute(0, 3, 1, 2)


def _patch(picture: Tensor, side: int, *, augment: bool) -> Tensor:
    height, width = picture.shape[2:]
    scale = 1 + _SCALE * (2 * torch.rand(2) - 1) if augment else torch.ones(2)
    h, w = (min(length, round(side * float(each))) for length, each in zip((height, width), scale))
    top, left = int(torch.randint(height - h + 1, ())), int(torch.randint(width - w + 1, ()))
    part = picture[:, :, top : top + h, left : left + w]
    if (h, w) != (side, side):
        part = F.interpolate(part, (side, side), mode="bilinear", antialias=True, align_corners=False)
    return _changed(part) if augment else part


def _changed(part: Tensor) -> Tensor:
    brightness, contrast, saturation, mirror = (2 * torch.rand(4) - 1).tolist()
    part = part.flip(3) if mirror > 0 else part
    grey = part.mean(1, keepdim=True)
    part = grey + (1 + _COLOUR * saturation) * (part - grey)
    changed: Tensor = (1 + _COLOUR * contrast) * part + _COLOUR * brightness
    return changed.clamp(-1, 1)
