"""The sliced Wasserstein distance between the patches of an image and of the photos, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.image.patches import wrap

Tile = tuple[bool, bool]

_MAX_VALUES = 1 << 24  # projections held at a time: 64 MiB, and their order twice that


def directions(count: int, channels: int, patch: int, noise: torch.Generator, device: torch.device) -> Tensor:
    """Random unit vectors in patch space as filters [count, C, p, p], sampled on the CPU so that devices agree."""
    samples = torch.randn(count, channels * patch * patch, generator=noise)
    return F.normalize(samples, dim=1).view(count, channels, patch, patch).to(device)


def distance_and_gradient(
    picture: Tensor,
    photos: Sequence[Tensor],
    filters: Tensor,
    *,
    tile: Tile = (False, False),
    stride: int = 1,
    offset: tuple[int, int] = (0, 0),
) -> tuple[float, Tensor]:
    """The sliced Wasserstein distance of the patches (section 3 of the paper), and its gradient in the image.

    For each direction the projections of both sides are sorted, and the mean absolute difference of values of equal
    rank is taken. Its gradient has a closed form: each patch moves along the direction by the sign of its difference.
    If the photos have more or fewer patches than the image, their sorted values are linearly interpolated at the
    image's ranks; the authors' code repeats random entries, which adds noise.

    Args:
        picture: [1, C, h, w].
        photos: [1, C, H, W] each, at least one patch large; their patches are one set.
        filters: [K, C, p, p], from ``directions``.
        tile: whether the image is periodic, vertically and horizontally: patches across the edge are included.
        stride: stride of the patches, pixels, in the image and in the photos.
        offset: row and column of the first patch, each below ``stride``.

    Returns:
        The mean over all directions, in units of the values times the side of a patch; and [1, C, h, w].
    """
    patch = filters.shape[-1]
    wrapped = wrap(picture, patch, tile)[:, :, offset[0] :, offset[1] :]
    photos = [
        photo[:, :, _limited_offset(photo, 2, offset, patch) :, _limited_offset(photo, 3, offset, patch) :]
        for photo in photos
    ]
    patches = max(x[0, 0].numel() for x in (wrapped, *photos)) // stride**2
    total, gradient = 0.0, torch.zeros_like(wrapped)
    for some in torch.split(filters, max(1, _MAX_VALUES // max(patches, 1))):
        here = F.conv2d(wrapped, some, stride=stride)
        differences = _rank_differences(
            here.flatten(2)[0], torch.cat([F.conv2d(x, some, stride=stride).flatten(2)[0] for x in photos], 1)
        )
        total += float(differences.abs().mean(1).sum()) / len(filters)
        back = F.conv_transpose2d(differences.sign().view_as(here), some, stride=stride)
        gradient[:, :, : back.shape[2], : back.shape[3]] += back / (differences.shape[1] * len(filters))
    return total, _folded(gradient, picture, offset, tile)


def _limited_offset(photo: Tensor, axis: int, offset: tuple[int, int], patch: int) -> int:
    """The offset, limited so that one patch remains."""
    return min(offset[axis - 2], photo.shape[axis] - patch)


def _rank_differences(here: Tensor, there: Tensor) -> Tensor:
    """The difference of each value of ``here`` [K, n] from the value of equal rank of ``there`` [K, m]: [K, n]."""
    order, wanted = _argsorted_rows(here), _sorted_rows(there)
    if wanted.shape[1] != here.shape[1]:
        wanted = F.interpolate(wanted[None], size=here.shape[1], mode="linear", align_corners=False)[0]
    return here - torch.empty_like(here).scatter_(1, order, wanted)


def _sorted_rows(values: Tensor) -> Tensor:
    """Each row sorted. On the CPU with numpy, which is many times faster than torch."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.numpy(), 1))
    return values.sort(1).values


def _argsorted_rows(values: Tensor) -> Tensor:
    """The indices that sort each row."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.argsort(values.numpy(), 1))
    return values.argsort(1)


def _folded(gradient: Tensor, picture: Tensor, offset: tuple[int, int], tile: Tile) -> Tensor:
    """The gradient in the image, from that in its padded and cropped version; periodic parts are summed."""
    gradient = F.pad(gradient, (offset[1], 0, offset[0], 0))
    height, width = picture.shape[2:]
    if tile[0]:
        over = gradient.shape[2] - height
        gradient[:, :, :over] += gradient[:, :, height:]
    if tile[1]:
        over = gradient.shape[3] - width
        gradient[:, :, :, :over] += gradient[:, :, :, width:]
    return gradient[:, :, :height, :width]
