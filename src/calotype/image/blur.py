"""Gaussian blur."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur, truncated at four sigma, with replicated edges, as in scikit-image by default.

    Args:
        x: [B, C, H, W].
        sigma: standard deviation, pixels; for 0 or less ``x`` is returned unchanged.

    Returns:
        [B, C, H, W].
    """
    if sigma <= 0:
        return x
    radius = reach(sigma)
    places = torch.arange(-radius, radius + 1, dtype=torch.float64)
    window = torch.exp(-0.5 * (places / sigma) ** 2)
    window = (window / window.sum()).to(x).expand(x.shape[1], 1, 1, -1)
    x = F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), window.transpose(2, 3), groups=x.shape[1])
    return F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), window, groups=x.shape[1])


def reach(sigma: float) -> int:
    """The radius of the blur kernel, pixels."""
    return int(4 * sigma + 0.5)
