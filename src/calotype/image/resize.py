"""Resampling of image tensors: antialiased when downsampling, and differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Filter = Literal["bicubic", "bilinear", "nearest"]
Resampler = Callable[[Tensor, tuple[int, int]], Tensor]


def resize(x: Tensor, size: tuple[int, int], *, mode: Filter = "bicubic", clamp: bool = True) -> Tensor:
    """Resample to ``size``, like Pillow's filters of the same name (within one grey level).

    Args:
        x: [B, C, H, W].
        size: (height, width) of the result, pixels.
        mode: ``bicubic`` for photos, ``bilinear`` for soft masks and fields, ``nearest`` for labels and noise.
        clamp: clamp the result to -1..1, since a cubic filter overshoots at edges. Turn off for anything that is not an
            image tensor. ``bilinear`` and ``nearest`` never overshoot and are not clamped.

    Returns:
        [B, C, height, width]; ``x`` itself if it has that size already.
    """
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    if mode == "nearest":
        return F.interpolate(x, size=size, mode="nearest-exact")
    y = F.interpolate(x, size=size, mode=mode, antialias=True, align_corners=False)
    return y.clamp(-1, 1) if clamp and mode == "bicubic" else y


def resize_wrapped(
    x: Tensor, size: tuple[int, int], wraps: tuple[bool, bool], resample: Resampler = resize, margin: int = 4
) -> Tensor:
    """Resample a periodic (tileable) image so that the result is periodic, too.

    Args:
        x: [B, C, H, W].
        size: (height, width) of the result, pixels.
        wraps: whether it is periodic vertically and horizontally.
        resample: the resampling function of an image and a size.
        margin: minimum circular padding on each side during resampling, pixels.

    Returns:
        [B, C, height, width].
    """
    over = [whole_margin(n, m, margin) if wrap else 0 for wrap, n, m in zip(wraps, x.shape[2:], size)]
    if not any(over):
        return resample(x, size)
    grown = [round(m * s / n) for m, s, n in zip(over, size, x.shape[2:])]
    wide = F.pad(x, (over[1], over[1], over[0], over[0]), mode="circular")
    large = resample(wide, (size[0] + 2 * grown[0], size[1] + 2 * grown[1]))
    return large[:, :, grown[0] : grown[0] + size[0], grown[1] : grown[1] + size[1]]


def whole_margin(old: int, new: int, least: int) -> int:
    """A margin of at least ``least`` pixels whose length is nearly an integer after resampling ``old`` to ``new``
    pixels.

    A shift by half a pixel would be visible at the seam, where content would be repeated or missing.
    """
    margins = range(min(least, old), min(old, least + 60) + 1)
    return min(margins, key=lambda margin: (round(abs(margin * new / old - round(margin * new / old)), 3), margin))


def resize_cubic(x: Tensor, size: tuple[int, int] | None = None, scale: float | None = None) -> Tensor:
    """Cubic resampling with MATLAB's conventions: the resizer of SinGAN, ConSinGAN and InGAN.

    It differs from ``resize`` in the sampling points of the kernel (a = -0.5 in both) when the size is not a multiple,
    in the mirrored border, and in rounding the size up. Unlike the reference code it is differentiable, does not
    quantize to 8 bits, and decides on antialiasing for each direction separately.

    Args:
        x: [B, C, H, W].
        size: (height, width) of the result, pixels; the scale is then out / in, for each direction.
        scale: alternatively, one factor for both directions; the result has ``ceil(scale * length)`` pixels in each.

    Returns:
        [B, C, h, w], not clamped.

    Raises:
        ValueError: not exactly one of ``size`` and ``scale`` was given.
    """
    if (size is None) == (scale is None):
        raise ValueError("give either a size or a scale")
    height, width = x.shape[-2:]
    if size is not None:
        scales = size[0] / height, size[1] / width
        out = size
    else:
        assert scale is not None
        scales = scale, scale
        out = math.ceil(scale * height), math.ceil(scale * width)
    vertical = cubic_weights(height, out[0], scales[0]).to(x)
    horizontal = cubic_weights(width, out[1], scales[1]).to(x)
    return vertical @ x @ horizontal.T


@lru_cache(maxsize=256)
def cubic_weights(length: int, out: int, scale: float) -> Tensor:
    """The matrix [out, length], float64, that resamples one direction; each row sums to 1."""
    if scale == 1 and length == out:
        return torch.eye(length, dtype=torch.float64)
    narrow = min(scale, 1.0)  # when downsampling, the kernel is widened by 1 / scale for antialiasing
    support = 4 / narrow
    # Counted from 1, as in MATLAB: output pixel j is sampled at input position u.
    j = torch.arange(1, out + 1, dtype=torch.float64)
    u = j / scale + 0.5 * (1 - 1 / scale)
    left = torch.floor(u - support / 2)
    taps = left[:, None] + torch.arange(math.ceil(support) + 2, dtype=torch.float64)
    weights = narrow * keys_kernel(narrow * (u[:, None] - taps))
    weights = weights / weights.sum(dim=1, keepdim=True)
    # Mirror with the edge pixel repeated: ... 2 1 | 1 2 3 ... n | n n-1 ...
    mirror = torch.cat([torch.arange(length), torch.arange(length - 1, -1, -1)])
    index = mirror[torch.remainder(taps.long() - 1, 2 * length)]
    return torch.zeros(out, length, dtype=torch.float64).scatter_add_(1, index, weights)


def keys_kernel(x: Tensor) -> Tensor:
    """The cubic kernel of Keys (1981) with a = -0.5; 0 beyond -2..2."""
    x = x.abs()
    inner = 1.5 * x**3 - 2.5 * x**2 + 1
    outer = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, inner, torch.where(x <= 2, outer, torch.zeros_like(x)))
