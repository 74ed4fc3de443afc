"""How far the patches of a picture are from the photo's, all taken together, and which way leads nearer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.patches import wrap

Tile = tuple[bool, bool]

_LARGEST = 1 << 24  # projected values held at a time: 64 MiB, and their order twice that


def directions(count: int, channels: int, patch: int, noise: torch.Generator, device: torch.device) -> Tensor:
    """Random unit directions of patch space as filters [count, C, p, p], drawn on the CPU so that devices agree."""
    drawn = torch.randn(count, channels * patch * patch, generator=noise)
    return F.normalize(drawn, dim=1).view(count, channels, patch, patch).to(device)


def slope(
    picture: Tensor,
    photos: Sequence[Tensor],
    filters: Tensor,
    *,
    tile: Tile = (False, False),
    stride: int = 1,
    offset: tuple[int, int] = (0, 0),
) -> tuple[float, Tensor]:
    """The sliced Wasserstein distance of the patches (section 3 of the paper), and its gradient in the picture.

    Along each direction the values of both sides are sorted, and the mean absolute difference of values of equal rank
    is taken. Its gradient is known without differentiating: each patch is to go up or down its direction, by the sign
    of its difference. Where the photos have more patches than the picture, or fewer, their sorted values are read at
    the picture's ranks by linear interpolation; the authors' code repeats random entries, which adds noise.

    Args:
        picture: [1, C, h, w].
        photos: [1, C, H, W] each, of any size from one patch up; their patches are one set.
        filters: [K, C, p, p], from ``directions``.
        tile: whether the picture continues itself vertically and horizontally: patches that reach over the edge count.
        stride: distance of neighbouring patches that are looked at, pixels, in the picture and in the photos.
        offset: the first of them, down and across, each below ``stride``.

    Returns:
        The mean over all directions, in units of the values times the side of a patch; and [1, C, h, w].
    """
    patch = filters.shape[-1]
    wrapped = wrap(picture, patch, tile)[:, :, offset[0] :, offset[1] :]
    photos = [photo[:, :, _within(photo, 2, offset, patch) :, _within(photo, 3, offset, patch) :] for photo in photos]
    patches = max(x[0, 0].numel() for x in (wrapped, *photos)) // stride**2
    total, gradient = 0.0, torch.zeros_like(wrapped)
    for some in torch.split(filters, max(1, _LARGEST // max(patches, 1))):
        here = F.conv2d(wrapped, some, stride=stride)
        gap = _gap(here.flatten(2)[0], torch.cat([F.conv2d(x, some, stride=stride).flatten(2)[0] for x in photos], 1))
        total += float(gap.abs().mean(1).sum()) / len(filters)
        back = F.conv_transpose2d(gap.sign().view_as(here), some, stride=stride)
        gradient[:, :, : back.shape[2], : back.shape[3]] += back / (gap.shape[1] * len(filters))
    return total, _unwrapped(gradient, picture, offset, tile)


def _within(photo: Tensor, axis: int, offset: tuple[int, int], patch: int) -> int:
    """The offset, or as much of it as leaves one patch."""
    return min(offset[axis - 2], photo.shape[axis] - patch)


def _gap(here: Tensor, there: Tensor) -> Tensor:
    """By how much each value of ``here`` [K, n] is above the value of equal rank of ``there`` [K, m]: [K, n]."""
    order, wanted = _order(here), _ascending(there)
    if wanted.shape[1] != here.shape[1]:
        wanted = F.interpolate(wanted[None], size=here.shape[1], mode="linear", align_corners=False)[0]
    return here - torch.empty_like(here).scatter_(1, order, wanted)


def _ascending(values: Tensor) -> Tensor:
    """Each row sorted. On the CPU numpy does it, many times faster than torch."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.numpy(), 1))
    return values.sort(1).values


def _order(values: Tensor) -> Tensor:
    """Where each row's values are, least first."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.argsort(values.numpy(), 1))
    return values.argsort(1)


def _unwrapped(gradient: Tensor, picture: Tensor, offset: tuple[int, int], tile: Tile) -> Tensor:
    """The gradient in the picture, from that in its rows and columns from ``offset`` on, some of which are repeated."""
    gradient = F.pad(gradient, (offset[1], 0, offset[0], 0))
    height, width = picture.shape[2:]
    if tile[0]:
        over = gradient.shape[2] - height
        gradient[:, :, :over] += gradient[:, :, height:]
    if tile[1]:
        over = gradient.shape[3] - width
        gradient[:, :, :, :over] += gradient[:, :, :, width:]
    return gradient[:, :, :height, :width]
