"""Brightness apart from colour (YIQ), and the brightness of one picture fitted to that of another."""

from __future__ import annotations

import torch
from torch import Tensor

# NTSC: luminance, and the two colour differences in-phase and quadrature.
_YIQ = (
    (0.299, 0.587, 0.114),
    (0.595716, -0.274453, -0.321263),
    (0.211456, -0.522591, 0.311135),
)
_LEAST_DEVIATION = 1e-4  # a picture of one brightness has none to be scaled by


def to_yiq(picture: Tensor) -> Tensor:
    """Luminance and two colour differences of [B, C, H, W], C at least 3, -1..1: [B, 3, H, W].

    Luminance runs from -1 to 1 as the colours do. Channels after the third are not looked at.
    """
    matrix = picture.new_tensor(_YIQ)
    return torch.einsum("ij,bjhw->bihw", matrix, picture[:, :3])


def from_yiq(yiq: Tensor) -> Tensor:
    """The colours [B, 3, H, W], held to -1..1, of what ``to_yiq`` gave."""
    matrix = torch.linalg.inv(torch.tensor(_YIQ, dtype=torch.float64)).to(yiq)
    return torch.einsum("ij,bjhw->bihw", matrix, yiq).clamp(-1, 1)


def luminance(picture: Tensor) -> Tensor:
    """The brightness of [B, C, H, W], -1..1, as the eye has it: [B, 1, H, W], -1..1."""
    return to_yiq(picture)[:, :1]


def remapping(before: Tensor, after: Tensor) -> tuple[float, float]:
    """Factor and offset that give the luminance ``before`` the mean and the deviation of ``after``.

    Section 3.4 of Hertzmann et al., Image Analogies (SIGGRAPH 2001).

    Args:
        before: [1, 1, H, W].
        after: [1, 1, h, w].
    """
    deviation = float(before.std())
    factor = float(after.std()) / deviation if deviation > _LEAST_DEVIATION else 1.0
    return factor, float(after.mean()) - factor * float(before.mean())
