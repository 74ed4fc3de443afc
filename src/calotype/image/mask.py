"""Masks: white selects. As tensors they are [1, 1, H, W], float32, 0..1: a share, not a colour."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.image.io import open_photo
from calotype.types import PhotoLike, Size


def open_mask(source: PhotoLike, size: Size, *, max_side: int | None = None) -> Tensor:
    """Read a mask: white, or any colour brighter than middle grey, selects; black and transparent do not.

    Args:
        source: whatever ``open_photo`` takes, in any mode, black and white included.
        size: of the photo that the mask belongs to.
        max_side: the one the photo was read with, so that a mask of the original's size fits still.

    Returns:
        [1, 1, H, W], float32, 0 or 1, on the CPU.

    Raises:
        InputError: the mask cannot be read, is not of the photo's size, or selects nothing or everything.
    """
    mask = open_photo(source, max_side=max_side)
    if mask.size != size:
        raise InputError(f"the mask is {mask.size} and the photo {size} pixels: give a mask of the photo's size")
    brightness = mask.rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    opacity = 1.0 if mask.alpha is None else mask.alpha / 255
    selected = brightness * opacity >= 128
    if not selected.any():
        raise InputError("the mask selects nothing: paint what you mean in white on black")
    if selected.all():
        raise InputError(
            "the mask selects the whole photo: paint only what you mean in white, and leave the rest black"
        )
    return torch.from_numpy(selected.astype(np.float32))[None, None]


def soften(mask: Tensor, dilate_px: int = 7, blur_sigma: float = 5.0) -> Tensor:
    """Widen a mask and give it a soft edge, as SinGAN does before it blends a result into the photo.

    Args:
        mask: [1, 1, H, W], 0 or 1.
        dilate_px: radius of the disk by which it grows, pixels; 7 for harmonisation and 20 for editing in SinGAN.
        blur_sigma: of the Gaussian that softens the edge, pixels.

    Returns:
        [1, 1, H, W], 0..1, reaching both, or a constant mask where the widened one is constant.
    """
    grown = _dilate(mask, dilate_px)
    soft = _blur(grown, blur_sigma)
    low, high = soft.min(), soft.max()
    if high - low < 1e-6:  # the reference code divides by zero here
        return grown
    return (soft - low) / (high - low)


def _dilate(mask: Tensor, radius: int) -> Tensor:
    if radius < 1:
        return mask
    reach = torch.arange(-radius, radius + 1, device=mask.device)
    disk = (reach[:, None] ** 2 + reach[None] ** 2 <= radius**2).to(mask)[None, None]
    return (F.conv2d(mask, disk, padding=radius) > 0.5).to(mask)


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur cut at four sigma, edge pixels repeated outwards: as scikit-image's default."""
    if sigma <= 0:
        return x
    radius = int(4 * sigma + 0.5)
    reach = torch.arange(-radius, radius + 1, dtype=torch.float64)
    window = torch.exp(-0.5 * (reach / sigma) ** 2)
    window = (window / window.sum()).to(x)
    x = F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), window[None, None, :, None])
    return F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), window[None, None, None, :])
