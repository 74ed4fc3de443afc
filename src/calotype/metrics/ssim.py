"""How alike two pictures are in local brightness, contrast and pattern: the structural similarity."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.errors import InputError
from calotype.metrics.psnr import check_same_size

_SIDE, _SIGMA = 11, 1.5  # of the Gaussian window, pixels
_PEAK = 1.0  # of values 0..1, which brightness is compared in: it is a ratio, and black has to be its zero
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the full size to the smallest
_C1, _C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2


def ssim(real: Tensor, fake: Tensor) -> float:
    """The mean structural similarity of Wang, Bovik, Sheikh and Simoncelli (IEEE TIP 2004, eq. 13 and 17); 1 is equal.

    Means, variances and covariance are taken in a Gaussian window of 11 x 11 pixels, standard deviation 1.5, at every
    place where it fits into the picture, with K1 = 0.01 and K2 = 0.03. The paper has grey pictures; here it is the mean
    of the three colour channels.

    Args:
        real: the true picture, [1, C, H, W], -1..1; channels after the third (alpha) are not looked at.
        fake: the picture to judge, of the same size.

    Raises:
        InputError: the sizes differ, or a side is shorter than the window.
    """
    a, b = _channels(real, fake, _SIDE)
    brightness, structure = _similarity(a, b)
    return float((brightness * structure).mean())


def ms_ssim(real: Tensor, fake: Tensor) -> float:
    """The structural similarity at five scales; 1 is equal.

    Wang, Simoncelli and Bovik, Multi-scale structural similarity, Asilomar 2003, eq. 7: contrast and pattern at five
    sizes, each half of the one before (means of 2 x 2), brightness at the smallest, multiplied with the paper's
    exponents. A mean that is negative counts as 0. It is taken for each colour channel, and averaged.

    Args:
        real: the true picture, [1, C, H, W], -1..1; channels after the third (alpha) are not looked at.
        fake: the picture to judge, of the same size.

    Raises:
        InputError: the sizes differ, or a side is shorter than the window at the smallest size, 176 pixels.
    """
    a, b = _channels(real, fake, _SIDE * 2 ** (len(_EXPONENTS) - 1))
    total = a.new_ones(len(a))
    for level, exponent in enumerate(_EXPONENTS):
        if level:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        brightness, structure = _similarity(a, b)
        last = level == len(_EXPONENTS) - 1
        mean = (brightness * structure if last else structure).flatten(1).mean(1)
        total = total * mean.clamp_min(0) ** exponent
    return float(total.mean())


def _channels(real: Tensor, fake: Tensor, smallest: int) -> tuple[Tensor, Tensor]:
    """The colour channels of both as pictures of their own, [3, 1, H, W], 0..1."""
    check_same_size(real, fake)
    height, width = real.shape[2:]
    if min(height, width) < smallest:
        needed = f"a window of {_SIDE}" + (f" at {len(_EXPONENTS)} scales" if smallest > _SIDE else "")
        raise InputError(f"{width}x{height} pixels are too few for {needed}: use larger pictures")
    # Double, since variances are differences of squares.
    a, b = ((x[0, :3, None].double() + 1) / 2 for x in (real, fake))
    return a, b


def _similarity(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """In brightness, and in contrast and pattern, at every place: two of [3, 1, H - 10, W - 10]."""
    mean_a, mean_b = _windowed(a), _windowed(b)
    var_a, var_b = _windowed(a * a) - mean_a**2, _windowed(b * b) - mean_b**2
    both = _windowed(a * b) - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    return brightness, (2 * both + _C2) / (var_a + var_b + _C2)


def _windowed(x: Tensor) -> Tensor:
    """Weighted mean of ``x`` [N, 1, H, W] in the window at each place: [N, 1, H - 10, W - 10]."""
    reach = torch.arange(_SIDE, dtype=x.dtype, device=x.device) - _SIDE // 2
    window = torch.exp(-(reach**2) / (2 * _SIGMA**2))
    window = window / window.sum()
    return F.conv2d(F.conv2d(x, window[None, None, :, None]), window[None, None, None])
