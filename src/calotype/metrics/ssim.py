"""Structural similarity (SSIM) and its multi-scale version."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.psnr import check_same_size

_SIDE, _SIGMA = 11, 1.5  # of the Gaussian window, pixels
_PEAK = 1.0  # of values 0..1: luminance is compared as a ratio, so black has to be 0
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from full size to the smallest
_C1, _C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2


def ssim(real: Tensor, fake: Tensor) -> float:
    """The mean SSIM of Wang, Bovik, Sheikh and Simoncelli (IEEE TIP 2004, eq. 13 and 17); 1 for equal images.

    Means, variances and covariance are computed in a Gaussian window of 11 x 11 pixels, sigma 1.5, at every position
    inside the image, with K1 = 0.01 and K2 = 0.03. The paper uses grey images; here it is the mean over the three
    colour channels.

    Args:
        real: the reference image, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, of the same size.

    Raises:
        InputError: the sizes differ, or a side is shorter than the window.
    """
    a, b = _channels(real, fake, _SIDE)
    luminance, structure = _similarity(a, b)
    return float((luminance * structure).mean())


def ms_ssim(real: Tensor, fake: Tensor) -> float:
    """Multi-scale SSIM; 1 for equal images.

    Wang, Simoncelli and Bovik, Multi-scale structural similarity, Asilomar 2003, eq. 7: contrast and structure at five
    scales with a factor of 2 between them (2 x 2 average pooling), luminance at the coarsest, multiplied with the
    paper's exponents. Negative means are set to 0. Mean over the colour channels.

    Args:
        real: the reference image, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, of the same size.

    Raises:
        InputError: the sizes differ, or a side is shorter than 176 pixels, the window at the coarsest scale.
    """
    a, b = _channels(real, fake, _SIDE * 2 ** (len(_EXPONENTS) - 1))
    total = a.new_ones(len(a))
    for level, exponent in enumerate(_EXPONENTS):
        if level:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        luminance, structure = _similarity(a, b)
        last = level == len(_EXPONENTS) - 1
        mean = (luminance * structure if last else structure).flatten(1).mean(1)
        total = total * mean.clamp_min(0) ** exponent
    return float(total.mean())


def _channels(real: Tensor, fake: Tensor, smallest: int) -> tuple[Tensor, Tensor]:
    """The colour channels of both as separate images, [3, 1, H, W], 0..1."""
    check_same_size(real, fake)
    height, width = real.shape[2:]
    if min(height, width) < smallest:
        needed = f"a window of {_SIDE}" + (f" at {len(_EXPONENTS)} scales" if smallest > _SIDE else "")
        raise InputError(f"{width}x{height} pixels are too few for {needed}: use larger pictures")
    # Double precision, since variances are differences of squares.
    a, b = ((x[0, :3, None].double() + 1) / 2 for x in (real, fake))
    return a, b


def _similarity(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance term, and contrast and structure term, at every position: two of [3, 1, H - 10, W - 10]."""
    mean_a, mean_b = _windowed(a), _windowed(b)
    var_a, var_b = _windowed(a * a) - mean_a**2, _windowed(b * b) - mean_b**2
    covariance = _windowed(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    return luminance, (2 * covariance + _C2) / (var_a + var_b + _C2)


def _windowed(x: Tensor) -> Tensor:
    """Gaussian-weighted mean of ``x`` [N, 1, H, W] in the window at each position: [N, 1, H - 10, W - 10]."""
    reach = torch.arange(_SIDE, dtype=x.dtype, device=x.device) - _SIDE // 2
    window = torch.exp(-(reach**2) / (2 * _SIGMA**2))
    window = window / window.sum()
    return F.conv2d(F.conv2d(x, window[None, None, :, None]), window[None, None, None])
