"""Where the pixels of a moved object come to lie: the geometry of consistency losses."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.render.camera import Pose, View, rays

_HIDDEN = 0.02  # a point is seen if the other depth is not smaller by more


class Warped(NamedTuple):
    """Pixels of a first picture in a second one.

    Attributes:
        values: what the second picture shows there, [N, C, h, w].
        depth: the depth that the second picture has there, [N, 1, h, w].
        expected: the depth that the points have there, [N, 1, h, w].
        seen: whether a point lies in the second picture and is not hidden, bool [N, 1, h, w].
    """

    values: Tensor
    depth: Tensor
    expected: Tensor
    seen: Tensor


def warped(depth: Tensor, before: Pose, after: Pose, view: View, values: Tensor, other_depth: Tensor) -> Warped:
    """Follow the pixels of objects from one pose to another, and look up the second picture there.

    Args:
        depth: of the first picture, [N, 1, h, w].
        before: the objects' poses there.
        after: their poses in the second picture, by the same camera.
        view: what both show.
        values: of the second picture, [N, C, h, w].
        other_depth: of the second picture, [N, 1, h, w].
    """
    points = depth.flatten(1)[..., None] * rays(view, depth)
    # Rows are points: x R is the transpose applied to x. Sizes do not change.
    in_frame = (points - before.place[:, None]) @ before.rotation
    moved = in_frame @ after.rotation.transpose(-1, -2) + after.place[:, None]
    z = moved[..., 2].clamp_min(view.near)
    # From -1 at the left edge of the picture to 1 at the right one; the principal point is its middle.
    u = 2 * view.focal * moved[..., 0] / z / view.width
    v = 2 * view.focal * moved[..., 1] / z / view.height
    grid = torch.stack([u, v], -1).unflatten(1, (view.height, view.width))  # type: ignore[no-untyped-call]
    found = F.grid_sample(
        torch.cat([values, other_depth], 1), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    expected = z.unflatten(1, (1, view.height, view.width))  # type: ignore[no-untyped-call]
    inside = (grid.abs() <= 1).all(-1)[:, None]
    return Warped(found[:, :-1], found[:, -1:], expected, inside & (found[:, -1:] >= expected - _HIDDEN))
