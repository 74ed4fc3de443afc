"""The YIQ colour space, and matching the luminance statistics of one image to those of another."""

from __future__ import annotations

import torch
from torch import Tensor

# NTSC: luminance, and the chrominance channels in-phase and quadrature.
_YIQ = (
    (0.299, 0.587, 0.114),
    (0.595716, -0.274453, -0.321263),
    (0.211456, -0.522591, 0.311135),
)
_LEAST_DEVIATION = 1e-4  # avoids division by zero for an image of constant luminance


def to_yiq(picture: Tensor) -> Tensor:
    """Luminance and two chrominance channels of [B, C, H, W], C at least 3, -1..1: [B, 3, H, W].

    Luminance is in -1..1, as the colours are. Channels after the third are ignored.
    """
    matrix = picture.new_tensor(_YIQ)
    return torch.einsum("ij,bjhw->bihw", matrix, picture[:, :3])


def from_yiq(yiq: Tensor) -> Tensor:
    """The inverse of ``to_yiq``: colours [B, 3, H, W], clamped to -1..1."""
    matrix = torch.linalg.inv(torch.tensor(_YIQ, dtype=torch.float64)).to(yiq)
    return torch.einsum("ij,bjhw->bihw", matrix, yiq).clamp(-1, 1)


def luminance(picture: Tensor) -> Tensor:
    """The luminance of [B, C, H, W], -1..1: [B, 1, H, W], -1..1."""
    return to_yiq(picture)[:, :1]


def remapping(before: Tensor, after: Tensor) -> tuple[float, float]:
    """Factor and offset that map the luminance ``before`` to the mean and standard deviation of ``after``.

    Section 3.4 of Hertzmann et al., Image Analogies (SIGGRAPH 2001).

    Args:
        before: [1, 1, H, W].
        after: [1, 1, h, w].
    """
    deviation = float(before.std())
    factor = float(after.std()) / deviation if deviation > _LEAST_DEVIATION else 1.0
    return factor, float(after.mean()) - factor * float(before.mean())
