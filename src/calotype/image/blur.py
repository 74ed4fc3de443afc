"""The Gaussian blur."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur cut at four sigma, edge pixels repeated outwards: as scikit-image's default.

    Args:
        x: [B, C, H, W].
        sigma: standard deviation, pixels; 0 or less leaves ``x`` as it is.

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
    """Pixels on either side that a blur looks at."""
    return int(4 * sigma + 0.5)
