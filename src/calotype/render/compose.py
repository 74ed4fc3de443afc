"""Layers of objects composed into a picture, by depth."""

from __future__ import annotations

import torch
from torch import Tensor

OPAQUE = 0.5  # alpha above which a pixel has the depth of an object


def composed(colours: Tensor, alpha: Tensor, depth: Tensor, background: Tensor) -> tuple[Tensor, Tensor]:
    """Objects in front of a background: pixel by pixel, the nearest first.

    Args:
        colours: [B, N, C, h, w], of each object, not multiplied by alpha.
        alpha: [B, N, 1, h, w], 0..1.
        depth: [B, N, 1, h, w]: decides the order.
        background: [B, C, h, w].

    Returns:
        The picture [B, C, h, w], and how much of the background is seen, [B, 1, h, w].
    """
    order = depth.argsort(1)
    alpha = alpha.gather(1, order)
    colours = colours.gather(1, order.expand_as(colours))
    passed = torch.cumprod(1 - alpha, 1)
    before = torch.cat([torch.ones_like(passed[:, :1]), passed[:, :-1]], 1)
    seen = (colours * alpha * before).sum(1)
    rest = passed[:, -1]
    return seen + rest * background, rest


def fused_depth(alpha: Tensor, depth: Tensor, far: float) -> Tensor:
    """The depth of the nearest object that is more opaque than not, else ``far``: [B, 1, h, w].

    Args:
        alpha: [B, N, 1, h, w].
        depth: [B, N, 1, h, w].
        far: depth of the background.
    """
    return torch.where(alpha > OPAQUE, depth, torch.full_like(depth, far)).amin(1)
