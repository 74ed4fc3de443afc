"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from calotype.errors import InputError

_PEAK = 2.0  # range of -1..1


def psnr(real: Tensor, fake: Tensor) -> float:
    """10 log10(peak^2 / mean squared error), in decibels; higher is better, infinite for equal images.

    Args:
        real: the reference image, [1, C, H, W], -1..1; channels after the third (alpha) are ignored.
        fake: the image to evaluate, of the same size.

    Raises:
        InputError: the sizes differ.
    """
    check_same_size(real, fake)
    error = float((real[:, :3].double() - fake[:, :3].double()).square().mean())
    return 10 * math.log10(_PEAK**2 / error) if error > 0 else math.inf


def check_same_size(real: Tensor, fake: Tensor) -> None:
    """Check that both are single colour images of the same size.

    Raises:
        InputError: they are not.
    """
    for picture in (real, fake):
        if picture.ndim != 4 or picture.shape[0] != 1 or picture.shape[1] < 3:
            raise InputError(
                f"one colour picture [1, 3, H, W] is needed here, not a tensor of shape {tuple(picture.shape)}"
            )
    sizes = [torch.Size(x.shape[2:]) for x in (real, fake)]
    if sizes[0] != sizes[1]:
        (h, w), (y, x) = sizes
        raise InputError(f"the true picture is {w}x{h} and the other {x}x{y}: pixels are compared at one size only")
