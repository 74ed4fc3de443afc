"""Compactness and geometric consistency (Liao et al., CVPR 2020, sec. 3.4)."""

from __future__ import annotations

import torch
from torch import Tensor

from calotype.models.control3d.network import Layers
from calotype.render.camera import Pose, View
from calotype.render.warp import warped

_SEEN = 0.4  # alpha from which a pixel belongs to an object


def compactness_loss(outline: Tensor, least_area: float) -> Tensor:
    """Mean area of the primitives as a share of the picture; below ``least_area`` an area counts as that: a scalar.

    Args:
        outline: alpha of the primitives, [B, N, 1, h, w].
        least_area: share of the picture.
    """
    return outline.mean((2, 3, 4)).clamp_min(least_area).mean()


def consistency_errors(one: Layers, other: Layers, view: View) -> tuple[Tensor, Tensor]:
    """How far two pictures of the same objects in two poses disagree: mean absolute differences of depth and colours.

    Every pixel of an object of the first is moved with it, and compared with what the second picture of that object
    shows there, if it is visible in both.
    """
    flat = [Pose(*(part.flatten(0, 1) for part in layers.pose)) for layers in (one, other)]
    values = torch.cat([other.colours, other.alpha], 2).flatten(0, 1)
    depth, colours, alpha = (each.flatten(0, 1) for each in (one.depth, one.colours, one.alpha))
    found = warped(depth, flat[0], flat[1], view, values, other.depth.flatten(0, 1))
    mask = (found.seen & (alpha > _SEEN) & (found.values[:, 3:] > _SEEN)).to(depth)
    count = mask.sum().clamp_min(1)
    of_depth = ((found.depth - found.expected).abs() * mask).sum() / count
    of_colours = ((found.values[:, :3] - colours).abs() * mask).sum() / (3 * count)
    return of_depth, of_colours


def consistency_loss(one: Layers, other: Layers, view: View, colour_weight: float) -> Tensor:
    """Both directions of ``consistency_errors``, depth and weighted colours: a scalar."""
    both = [consistency_errors(*pair, view) for pair in ((one, other), (other, one))]
    return torch.stack([depth + colour_weight * colours for depth, colours in both]).sum()
