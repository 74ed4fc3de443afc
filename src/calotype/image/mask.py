"""Masks: white selects. As tensors they are [1, 1, H, W], float32, 0..1: a share, not a colour."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur, reach
from calotype.image.io import open_photo
from calotype.image.resize import resize
from calotype.types import PhotoLike, Size

# On -1..1. Photos saved as JPEG once more, at qualities from 40 to 95, differed in a mean of 3 x 3 pixels by at most
# 3.6 grey levels of 255 in the lower quartile; by more than ten times that and eight levels in few, scattered pixels.
_LEAST_CHANGE = 8 / 127.5
_OVER_NOISE = 10.0
_STRONGEST_NOISE = 4 / 127.5
_EVERYWHERE = 0.95  # share of the picture


def open_mask(source: PhotoLike, size: Size, *, max_side: int | None = None) -> Tensor:
    """Read a mask: white, or any colour brighter than middle grey, selects; black and transparent do not.

    Args:
        source: whatever ``open_photo`` takes, in any mode, black and white included.
        size: of the photo that the mask belongs to. A mask of another size but the same shape (within 1 %) is resized.
        max_side: the one the photo was read with, so that a mask of the original's size fits still.

    Returns:
        [1, 1, H, W], float32, 0 or 1, on the CPU.

    Raises:
        InputError: the mask cannot be read, is not of the photo's shape, or selects nothing or everything.
    """
    mask = open_photo(source, max_side=max_side)
    if not _same_shape(mask.size, size):
        raise InputError(
            f"the mask is {mask.size} and the photo {size} pixels: give a mask of the photo's size, or of its shape"
        )
    brightness = mask.rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    opacity = 1.0 if mask.alpha is None else mask.alpha / 255
    selected = resize(
        torch.from_numpy((brightness * opacity >= 128).astype(np.float32))[None, None],
        (size.height, size.width),
        mode="nearest",
    )
    if not selected.any():
        raise InputError("the mask selects nothing: paint what you mean in white on black")
    if selected.all():
        raise InputError(
            "the mask selects the whole photo: paint only what you mean in white, and leave the rest black"
        )
    return selected


def _same_shape(one: Size, other: Size) -> bool:
    """Whether width over height is the same within 1 %."""
    return abs(one.width * other.height / (one.height * other.width) - 1) <= 0.01


def derived_mask(photo: Tensor, changed: Tensor) -> Tensor:
    """Where two pictures of one size really differ: what a person painted or pasted, and not what a JPEG encoder did.

    Args:
        photo: [1, C, H, W], -1..1.
        changed: the same photo with something changed, [1, C, H, W], -1..1; it may have been through a lossy format.
            Where only one of the two has transparency, colours alone are compared.

    Returns:
        [1, 1, H, W], float32, 0 or 1: stray pixels dropped, holes of a few pixels (places where what was pasted
        happens to have the photo's colour) filled.

    Raises:
        InputError: the two have not the same size, differ nowhere, or differ everywhere.
    """
    if photo.shape[2:] != changed.shape[2:]:
        sizes = [f"{x.shape[3]}x{x.shape[2]}" for x in (photo, changed)]
        raise InputError(f"the photo is {sizes[0]} and the changed one {sizes[1]} pixels: change it without resizing")
    common = min(photo.shape[1], changed.shape[1])
    difference = photo[:, :common] - changed[:, :common]
    # What compression does swings round the true value and cancels in a mean of neighbours; a change does not.
    steady = F.avg_pool2d(difference, 3, 1, 1, count_include_pad=False).abs().amax(1, keepdim=True)
    # A quarter of the picture is thought to be unchanged, and to show how strong the compression was.
    noise = float(_quantile(steady, 0.25))
    threshold = max(_LEAST_CHANGE, _OVER_NOISE * noise)
    differs = (steady > threshold) & (difference.abs().amax(1, keepdim=True) > threshold / 2)
    mask = _closed(_without_specks(differs.to(photo)), max(2, round(0.006 * min(photo.shape[2:]))))
    if noise > _STRONGEST_NOISE or mask.mean() > _EVERYWHERE:
        raise InputError("the changed picture differs from the photo everywhere: change a part of it, or give a mask")
    if not mask.any():
        raise InputError("there is no clear difference between the changed picture and the photo: give a mask")
    return mask


def _quantile(x: Tensor, share: float, sample: int = 1 << 20) -> Tensor:
    """The value below which ``share`` of ``x`` lies, from an even sample of it."""
    values = x.flatten()
    values = values[:: max(1, len(values) // sample)]
    return values.kthvalue(max(1, round(share * len(values)))).values


def _without_specks(mask: Tensor) -> Tensor:
    """Drop selected pixels that have fewer than a dozen others within three pixels; a line of two pixels has 13."""
    return mask * (F.avg_pool2d(mask, 7, 1, 3) * 49 > 12.5)


def _closed(mask: Tensor, radius: int) -> Tensor:
    """Fill what a disk of ``radius`` pixels cannot enter, without growing outwards."""
    # Beyond the edge all counts as unselected while growing and as selected while shrinking: the edge is no change.
    return 1 - _dilate(1 - _dilate(mask, radius), radius)


def composite(photo: Tensor, made: Tensor, soft: Tensor) -> Tensor:
    """``made`` where ``soft`` is 1, ``photo`` where it is 0, and a mixture between.

    Args:
        photo: [1, C, H, W], -1..1.
        made: [1, C, H, W], -1..1.
        soft: [1, 1, H, W], 0..1: a mask, as ``soften`` gives it.

    Returns:
        [1, C, H, W], -1..1; exactly the photo where ``soft`` is 0.
    """
    return (1 - soft) * photo + soft * made


def grown(mask: Tensor, radius: int) -> Tensor:
    """A mask [1, 1, H, W] of 0 and 1, wider by a disk of ``radius`` pixels."""
    part = _around(mask, radius + 1)
    wide = torch.zeros_like(mask)
    wide[part] = _dilate(mask[part], radius)
    return wide


def soften(mask: Tensor, dilate_px: int = 7, blur_sigma: float = 5.0) -> Tensor:
    """Widen a mask and give it a soft edge, as SinGAN does before it blends a result into the photo.

    Args:
        mask: [1, 1, H, W], 0 or 1.
        dilate_px: radius of the disk by which it grows, pixels; 7 for harmonisation and 20 for editing in SinGAN.
        blur_sigma: of the Gaussian that softens the edge, pixels.

    Returns:
        [1, 1, H, W], 0..1, reaching both, or a constant mask where the widened one is constant.
    """
    part = _around(mask, dilate_px + reach(blur_sigma) + 1)
    wide, soft = grown(mask, dilate_px), torch.zeros_like(mask)
    soft[part] = blur(wide[part], blur_sigma)
    low, high = soft.min(), soft.max()
    if high - low < 1e-6:  # the reference code divides by zero here
        return wide
    return (soft - low) / (high - low)


def _around(mask: Tensor, margin: int) -> tuple[slice, ...]:
    """The least rectangle that holds all that is selected in [1, 1, H, W] and ``margin`` pixels around it."""
    found = []
    for axis in (2, 3):
        places = mask[0, 0].amax(3 - axis).nonzero()[:, 0]
        low, high = (int(places[0]), int(places[-1])) if len(places) else (0, 0)
        found.append(slice(max(0, low - margin), high + margin + 1))
    return slice(None), slice(None), *found


def _dilate(mask: Tensor, radius: int) -> Tensor:
    """Grow a mask [1, 1, H, W] of 0 and 1 by a disk of ``radius`` pixels.

    Row by row rather than with the disk as a kernel, whose cost grows with the square of the radius: a pixel is
    selected when, in a row ``dy`` away, a selected one lies within half the disk's width at that height.
    """
    if radius < 1:
        return mask
    near = _row_distance(mask[0, 0] > 0.5, radius)
    height = near.shape[0]
    grown = torch.zeros_like(near, dtype=torch.bool)
    for dy in range(-min(radius, height - 1), min(radius, height - 1) + 1):
        reached = near[max(0, dy) : height + min(0, dy)] <= math.isqrt(radius * radius - dy * dy)
        grown[max(0, -dy) : height - max(0, dy)] |= reached
    return grown.to(mask)[None, None]


def _row_distance(selected: Tensor, radius: int) -> Tensor:
    """Pixels to the nearest selected one in the same row: int16 [H, W], ``radius + 1`` standing for all beyond."""
    width = selected.shape[1]
    place = torch.arange(width, device=selected.device, dtype=torch.int32)
    far = width + radius + 1
    before = place - torch.where(selected, place, -far).cummax(1).values
    place = place.flip(0)
    after = place - torch.where(selected, place, -far).flip(1).cummax(1).values.flip(1)
    return torch.minimum(before, after).clamp(max=radius + 1).short()
