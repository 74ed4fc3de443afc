"""A 3 x 3 convolution fused with 2x up- or downsampling: 16 multiplications per output instead of 36.

Nearest upsampling before a convolution repeats every pixel four times, and average pooling after one discards three
quarters of its outputs; a single 4 x 4 convolution with stride 2 is equivalent (Karras, Aila, Laine and Lehtinen,
"Progressive Growing of GANs", ICLR 2018, whose code calls it fused scale).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def conv_of_upsampled(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """``conv`` of ``x`` after 2x nearest upsampling.

    Args:
        conv: 3 x 3, with padding 1.
        x: [N, C, H, W].

    Returns:
        [N, outputs, 2 H, 2 W].
    """
    weight = _fused_kernel(conv.weight.flip(2, 3)).transpose(0, 1)
    return F.conv_transpose2d(x, weight, conv.bias, stride=2, padding=1)


def conv_then_pooled(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """2 x 2 average pooling of ``conv`` of ``x``.

    Args:
        conv: 3 x 3, with padding 1.
        x: [N, C, H, W], H and W even.

    Returns:
        [N, outputs, H / 2, W / 2].
    """
    return F.conv2d(x, _fused_kernel(conv.weight) / 4, conv.bias, stride=2, padding=1)


def _fused_kernel(weight: Tensor) -> Tensor:
    """Sum of the kernel at the four positions in one that is larger by a pixel: [O, I, 3, 3] -> [O, I, 4, 4]."""
    x = F.pad(weight, (1, 1, 1, 1))
    return x[:, :, 1:, 1:] + x[:, :, 1:, :-1] + x[:, :, :-1, 1:] + x[:, :, :-1, :-1]
