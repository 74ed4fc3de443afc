"""Smoothing image tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian(x: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur cut at three sigma, edge pixels repeated outwards.

    Args:
        x: [B, C, H, W].
        sigma: standard deviation, pixels; 0 or less leaves ``x`` as it is.

    Returns:
        [B, C, H, W].
    """
    if sigma <= 0:
        return x
    radius = max(1, round(3 * sigma))
    reach = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    window = torch.exp(-0.5 * (reach / sigma) ** 2)
    window = (window / window.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), window, groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), window.transpose(2, 3), groups=x.shape[1])
