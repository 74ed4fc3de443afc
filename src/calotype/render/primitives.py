"""Cuboids, spheres and point clouds as soft alpha, depth and features of every pixel."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.render.camera import Pose, View, rays

SHARPNESS = 40.0  # of silhouettes: alpha is the sigmoid of this times 1 - g, where g is 1 on the outline
_PARALLEL = 1e-6  # smallest component of a direction


class Rendered(NamedTuple):
    """Primitives in pictures.

    Attributes:
        alpha: [..., h, w], 0..1.
        depth: [..., h, w], along the optical axis; about the middle of the primitive where the ray misses it.
        surface: [..., h, w, 3]: the visible point in the object's frame, -1..1 on the primitive.
    """

    alpha: Tensor
    depth: Tensor
    surface: Tensor


def cuboids(pose: Pose, view: View, sharpness: float = SHARPNESS) -> Rendered:
    """Boxes: near side, depth and soft silhouette, by the method of slabs.

    The outline is soft at the middle of the ray's way through the slabs, where the largest coordinate, in half sizes,
    is compared with 1. So gradients reach pose and size from inside and outside.
    """
    origin, direction = _in_frame(pose, view)
    half = pose.half[..., None, :]
    one, other = (-half - origin) / direction, (half - origin) / direction
    enter, leave = torch.minimum(one, other).amax(-1), torch.maximum(one, other).amin(-1)
    middle = (enter + leave) / 2
    g = ((origin + middle[..., None] * direction).abs() / half).amax(-1)
    return _seen(pose, view, origin, direction, sharpness * (1 - g), enter, middle, leave > enter)


def spheres(pose: Pose, view: View, sharpness: float = SHARPNESS) -> Rendered:
    """Ellipsoids with the half sizes as semi-axes."""
    origin, direction = _in_frame(pose, view)
    half = pose.half[..., None, :]
    o, d = origin / half, direction / half
    a, b, c = (d * d).sum(-1), (o * d).sum(-1), (o * o).sum(-1)
    middle = -b / a
    g = (c - b * b / a).clamp_min(1e-9).sqrt()
    inside = (b * b - a * (c - 1)).clamp_min(1e-9)
    return _seen(pose, view, origin, direction, sharpness * (1 - g), middle - inside.sqrt() / a, middle, g < 1)


def _in_frame(pose: Pose, view: View) -> tuple[Tensor, Tensor]:
    """The camera's position, [..., 1, 3], and the rays' directions, [..., P, 3], in the objects' frames."""
    back = pose.rotation.transpose(-1, -2)
    origin = -(back @ pose.place[..., None])[..., 0][..., None, :]
    direction = rays(view, pose.place) @ pose.rotation
    small = direction.abs() < _PARALLEL
    return origin, torch.where(small, torch.full_like(direction, _PARALLEL), direction)


def _seen(
    pose: Pose, view: View, origin: Tensor, direction: Tensor, logit: Tensor, enter: Tensor, middle: Tensor, hit: Tensor
) -> Rendered:
    ahead = middle > view.near
    alpha = logit.sigmoid() * ahead
    depth = torch.where(hit, enter, middle).clamp(view.near, view.far)
    surface = ((origin + depth[..., None] * direction) / pose.half[..., None, :]).clamp(-1, 1)
    shape = (view.height, view.width)
    return Rendered(alpha.unflatten(-1, shape), depth.unflatten(-1, shape), surface.unflatten(-2, shape))  # type: ignore[no-untyped-call]


def textured(surface: Tensor, texture: Tensor) -> Tensor:
    """Features of visible points from grids that fill the primitives.

    Args:
        surface: [N, h, w, 3], as ``Rendered.surface``.
        texture: [N, C, depth, height, width], trilinear: z, y, x.

    Returns:
        [N, C, h, w].
    """
    found = F.grid_sample(texture, surface[:, None], mode="bilinear", padding_mode="border", align_corners=False)
    return found[:, :, 0]


def points(pose: Pose, view: View, places: Tensor, features: Tensor, spread: float = 1 / 32) -> Tensor:
    """Point clouds: features blurred around each point, without occlusion among the points of an object.

    Args:
        pose: of N objects.
        view: what the picture shows.
        places: [N, K, 3], in the objects' frames, -1..1.
        features: [N, K, C].
        spread: standard deviation of a point, as a share of the focal length.

    Returns:
        [N, C, h, w]: sums of features with weights exp(-(distance / spread)^2). Points that are not in front of the
        camera are left out.
    """
    seen = (pose.half[..., None, :] * places) @ pose.rotation.transpose(-1, -2) + pose.place[..., None, :]
    z = seen[..., 2]
    x, y = view.centre
    u = view.focal * seen[..., 0] / z.clamp_min(view.near) + x
    v = view.focal * seen[..., 1] / z.clamp_min(view.near) + y
    sigma = spread * view.focal
    across = torch.arange(view.width, device=z.device, dtype=z.dtype) + 0.5
    down = torch.arange(view.height, device=z.device, dtype=z.dtype) + 0.5
    # A Gaussian is the product of one for each axis.
    wide = (-(((across - u[..., None]) / sigma) ** 2)).exp() * (z > 2 * view.near)[..., None]
    high = (-(((down - v[..., None]) / sigma) ** 2)).exp()
    return torch.einsum("nkc,nkh,nkw->nchw", features, high, wide)
