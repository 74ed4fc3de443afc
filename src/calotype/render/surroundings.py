"""What surrounds a scene: a picture on a sphere around the origin, seen by a camera inside or on it."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.render.camera import Camera, View, rays


def surroundings(camera: Camera, view: View, picture: Tensor, radius: float) -> Tensor:
    """Look up each ray where it meets the sphere.

    Args:
        camera: B cameras, on the sphere or inside.
        view: what the picture shows.
        picture: [B, C, height, width], all directions: longitude to the right, from straight above down.
        radius: of the sphere.

    Returns:
        [B, C, h, w].
    """
    direction = rays(view, camera.place) @ camera.rotation
    position = camera.position[..., None, :]
    a, b = (direction * direction).sum(-1), (position * direction).sum(-1)
    c = (position * position).sum(-1) - radius**2
    way = (-b + (b * b - a * c).clamp_min(0).sqrt()) / a
    x, y, z = (position + way[..., None] * direction).unbind(-1)
    longitude = torch.atan2(x, z) / math.pi
    latitude = (y / radius).clamp(-1 + 1e-6, 1 - 1e-6).asin() / (math.pi / 2)
    # One more column at each side, so that the picture is closed.
    closed = F.pad(picture, (1, 1, 0, 0), mode="circular")
    inner = picture.shape[3] / closed.shape[3]
    grid = torch.stack([longitude * inner, latitude], -1).unflatten(1, (view.height, view.width))  # type: ignore[no-untyped-call]
    return F.grid_sample(closed, grid, mode="bilinear", padding_mode="border", align_corners=False)
