"""A convolution of 3 x 3 and a doubling or halving of the size as one operation, with 16 products where two need 36.

Enlarging before a convolution hands it every pixel four times, and averaging after one throws three quarters of its
results away; one convolution of 4 x 4 that steps by two does the same (Karras, Aila, Laine and Lehtinen, "Progressive
Growing of GANs", ICLR 2018, whose code calls it fused scale).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def conv_of_doubled(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """``conv`` of ``x`` enlarged to twice its size, each pixel a square of four.

    Args:
        conv: of 3 x 3 pixels, that pads by one.
        x: [N, C, H, W].

    Returns:
        [N, outputs, 2 H, 2 W].
    """
    weight = _spread(conv.weight.flip(2, 3)).transpose(0, 1)
    return F.conv_transpose2d(x, weight, conv.bias, stride=2, padding=1)


def conv_then_halved(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Means over squares of 2 x 2 pixels of ``conv`` of ``x``.

    Args:
        conv: of 3 x 3 pixels, that pads by one.
        x: [N, C, H, W], H and W even.

    Returns:
        [N, outputs, H / 2, W / 2].
    """
    return F.conv2d(x, _spread(conv.weight) / 4, conv.bias, stride=2, padding=1)


def _spread(weight: Tensor) -> Tensor:
    """A kernel at all four places within one that is larger by a pixel, added: [O, I, 3, 3] -> [O, I, 4, 4]."""
    x = F.pad(weight, (1, 1, 1, 1))
    return x[:, :, 1:, 1:] + x[:, :, 1:, :-1] + x[:, :, :-1, 1:] + x[:, :, :-1, :-1]
