"""Conversion to a perceptually uniform colour space, CIE L*a*b*."""

from __future__ import annotations

import torch
from torch import Tensor

# Linear sRGB to XYZ, divided by the white point D65 (IEC 61966-2-1).
_TO_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
_BEND = 6 / 29


def to_lab(x: Tensor) -> Tensor:
    """sRGB to L*a*b* (CIE 1976, white D65).

    Args:
        x: [B, C, H, W], -1..1; channels after the third are ignored.

    Returns:
        [B, 3, H, W]: L in 0..100, a and b about -100..100.
    """
    encoded = (x[:, :3].clamp(-1, 1) + 1) / 2
    linear = torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = torch.einsum("ij,bjhw->bihw", torch.tensor(_TO_XYZ).to(x), linear)
    bent = torch.where(xyz > _BEND**3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * _BEND**2) + 4 / 29)
    lightness, red, blue = 116 * bent[:, 1] - 16, 500 * (bent[:, 0] - bent[:, 1]), 200 * (bent[:, 1] - bent[:, 2])
    return torch.stack([lightness, red, blue], 1)
