"""Masks: white selects. As tensors they are [1, 1, H, W], float32, 0..1 (a weight, not a colour)."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from calotype.errors import InputError
from calotype.image.blur import blur, reach
from calotype.image.io import open_photo
from calotype.image.resize import resize
from calotype.types import Photo, PhotoLike, Size

# On -1..1. Photos saved as JPEG once more, at qualities from 40 to 95, differed in a mean of 3 x 3 pixels by at most
# 3.6 grey levels of 255 in the lower quartile; by more than ten times that and eight levels in few, scattered pixels.
_LEAST_CHANGE = 8 / 127.5
_OVER_NOISE = 10.0
_STRONGEST_NOISE = 4 / 127.5
_EVERYWHERE = 0.95  # share of the image


def open_mask(source: PhotoLike, size: Size, *, max_side: int | None = None) -> Tensor:
    """Read a mask: white, or any colour brighter than middle grey, selects; black and transparent do not.

    In a mask of black and one darker colour, such as the numbers 0 and 1, that colour selects.

    Args:
        source: anything ``open_photo`` accepts, in any mode, black and white included.
        size: size of the photo that the mask belongs to. A mask of another size but the same aspect ratio (within 1 %)
            is resized.
        max_side: the value the photo was read with, so that a mask of the original's size still fits.

    Returns:
        [1, 1, H, W], float32, 0 or 1, on the CPU.

    Raises:
        InputError: the mask cannot be read, does not have the photo's aspect ratio, or selects nothing or everything.
    """
    mask = open_photo(source, max_side=max_side)
    if not _same_shape(mask.size, size):
        raise InputError(
            f"the mask is {mask.size} and the photo {size} pixels: give a mask of the photo's size, or of its shape"
        )
    selected = resize(
        torch.from_numpy(_selecting(mask).astype(np.float32))[None, None], (size.height, size.width), mode="nearest"
    )
    if not selected.any():
        raise InputError("the mask selects nothing: paint the region in white on black")
    if selected.all():
        raise InputError("the mask selects the whole photo: paint only the region in white, and leave the rest black")
    return selected


def _selecting(mask: Photo) -> NDArray[np.bool_]:
    """Which pixels of a mask are brighter than middle grey; where none is, those that are not black."""
    colours = mask.rgb if mask.fine is None else mask.fine / np.float32(257)
    brightness = colours.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    brightness = brightness * (1.0 if mask.alpha is None else mask.alpha / 255)
    bright: NDArray[np.bool_] = brightness >= 128
    if not bright.any() and brightness.min() == 0 and len(np.unique(brightness)) == 2:
        return brightness > 0
    return bright


def _same_shape(one: Size, other: Size) -> bool:
    """Whether two aspect ratios are equal within 1 %."""
    return abs(one.width * other.height / (one.height * other.width) - 1) <= 0.01


def derived_mask(photo: Tensor, changed: Tensor) -> Tensor:
    """Detect where two images of one size differ by painting or pasting, ignoring JPEG artefacts.

    Args:
        photo: [1, C, H, W], -1..1.
        changed: the edited photo, [1, C, H, W], -1..1; it may have been compressed lossily. If only one of the two has
            transparency, only colours are compared.

    Returns:
        [1, 1, H, W], float32, 0 or 1. Isolated pixels are removed. Holes of a few pixels, where pasted content happens
        to have the photo's colour, are filled.

    Raises:
        InputError: the two differ in size, differ nowhere, or differ everywhere.
    """
    if photo.shape[2:] != changed.shape[2:]:
        sizes = [f"{x.shape[3]}x{x.shape[2]}" for x in (photo, changed)]
        raise InputError(f"the photo is {sizes[0]} and the changed one {sizes[1]} pixels: change it without resizing")
    common = min(photo.shape[1], changed.shape[1])
    difference = photo[:, :common] - changed[:, :common]
    # Compression errors have zero mean and cancel in the mean of neighbours; an edit does not.
    steady = F.avg_pool2d(difference, 3, 1, 1, count_include_pad=False).abs().amax(1, keepdim=True)
    # At least a quarter of the image is assumed to be unchanged; it shows the strength of the compression.
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
    """The quantile ``share`` of ``x``, computed from an evenly spaced sample."""
    values = x.flatten()
    values = values[:: max(1, len(values) // sample)]
    return values.kthvalue(max(1, round(share * len(values)))).values


def _without_specks(mask: Tensor) -> Tensor:
    """Deselect pixels that have fewer than a dozen selected ones within three pixels; on a line two pixels wide there
    are 13.
    """
    return mask * (F.avg_pool2d(mask, 7, 1, 3) * 49 > 12.5)


def _closed(mask: Tensor, radius: int) -> Tensor:
    """Morphological closing with a disk of ``radius`` pixels."""
    # Outside the image, pixels count as unselected in the dilation and as selected in the erosion.
    return 1 - _dilate(1 - _dilate(mask, radius), radius)


def composite(photo: Tensor, made: Tensor, soft: Tensor) -> Tensor:
    """Alpha blending: ``made`` where ``soft`` is 1, ``photo`` where it is 0, linear in between.

    Args:
        photo: [1, C, H, W], -1..1.
        made: [1, C, H, W], -1..1.
        soft: [1, 1, H, W], 0..1: a mask, as ``soften`` returns it.

    Returns:
        [1, C, H, W], -1..1; exactly the photo where ``soft`` is 0.
    """
    return (1 - soft) * photo + soft * made


def grown(mask: Tensor, radius: int) -> Tensor:
    """A mask [1, 1, H, W] of 0 and 1, dilated by a disk of ``radius`` pixels."""
    part = _around(mask, radius + 1)
    wide = torch.zeros_like(mask)
    wide[part] = _dilate(mask[part], radius)
    return wide


def soften(mask: Tensor, dilate_px: int = 7, blur_sigma: float = 5.0) -> Tensor:
    """Dilate a mask and blur its edge, as SinGAN does before it blends a result into the photo.

    Args:
        mask: [1, 1, H, W], 0 or 1.
        dilate_px: radius of the dilating disk, pixels; 7 for harmonisation and 20 for editing in SinGAN.
        blur_sigma: standard deviation of the Gaussian that softens the edge, pixels.

    Returns:
        [1, 1, H, W], 0..1, reaching both values; a constant mask if the dilated one is constant.
    """
    part = _around(mask, dilate_px + reach(blur_sigma) + 1)
    wide, soft = grown(mask, dilate_px), torch.zeros_like(mask)
    soft[part] = blur(wide[part], blur_sigma)
    low, high = soft.min(), soft.max()
    if high - low < 1e-6:  # the reference code divides by zero here
        return wide
    return (soft - low) / (high - low)


def _around(mask: Tensor, margin: int) -> tuple[slice, ...]:
    """The bounding box of all selected pixels in [1, 1, H, W], extended by ``margin`` pixels."""
    found = []
    for axis in (2, 3):
        places = mask[0, 0].amax(3 - axis).nonzero()[:, 0]
        low, high = (int(places[0]), int(places[-1])) if len(places) else (0, 0)
        found.append(slice(max(0, low - margin), high + margin + 1))
    return slice(None), slice(None), *found


def _dilate(mask: Tensor, radius: int) -> Tensor:
    """Dilate a mask [1, 1, H, W] of 0 and 1 by a disk of ``radius`` pixels.

    It works row by row, since the cost of a convolution with the disk grows with the square of the radius: a pixel is
    selected if, in a row ``dy`` away, a selected one lies within half the width of the disk at that height.
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
    """Distance in pixels to the nearest selected pixel of the same row: int16 [H, W], clipped to ``radius + 1``."""
    width = selected.shape[1]
    place = torch.arange(width, device=selected.device, dtype=torch.int32)
    far = width + radius + 1
    before = place - torch.where(selected, place, -far).cummax(1).values
    place = place.flip(0)
    after = place - torch.where(selected, place, -far).flip(1).cummax(1).values.flip(1)
    return torch.minimum(before, after).clamp(max=radius + 1).short()
