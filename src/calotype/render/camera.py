"""Pinhole cameras that look at the origin, poses, and rotations."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Pose(NamedTuple):
    """Where primitives are: object coordinates x become camera coordinates R (s x) + t.

    Attributes:
        rotation: R, [..., 3, 3].
        place: t, [..., 3].
        half: half sizes s, [..., 3].
    """

    rotation: Tensor
    place: Tensor
    half: Tensor


class Camera(NamedTuple):
    """Cameras: world coordinates x become camera coordinates R x + t.

    Attributes:
        rotation: R, [..., 3, 3].
        place: t, [..., 3].
    """

    rotation: Tensor
    place: Tensor

    @property
    def position(self) -> Tensor:
        """Positions in the world, [..., 3]."""
        return -(self.rotation.transpose(-1, -2) @ self.place[..., None])[..., 0]


class View(NamedTuple):
    """What a picture shows.

    Attributes:
        height, width: pixels.
        focal: focal length, pixels.
        near, far: distances between which something is seen.
    """

    height: int
    width: int
    focal: float
    near: float = 0.05
    far: float = 4.0

    @property
    def centre(self) -> tuple[float, float]:
        """The principal point (x, y), pixels."""
        return self.width / 2, self.height / 2


def looking_at_origin(azimuth: Tensor, polar: Tensor, radius: float) -> Camera:
    """Cameras on a sphere that look at its centre.

    Args:
        azimuth: angle around the vertical axis, radians, [...].
        polar: angle from straight above, radians, [...]: above 0, below pi.
        radius: of the sphere.
    """
    out = torch.stack([polar.sin() * azimuth.sin(), -polar.cos(), polar.sin() * azimuth.cos()], -1)
    forward = -out
    down = torch.zeros_like(forward)
    down[..., 1] = 1.0
    right = F.normalize(torch.linalg.cross(down, forward), dim=-1)
    below = torch.linalg.cross(forward, right)
    rotation = torch.stack([right, below, forward], -2)
    return Camera(rotation, -(rotation @ (radius * out)[..., None])[..., 0])


def seen_from(camera: Camera, pose: Pose) -> Pose:
    """Poses in the world as poses in camera coordinates."""
    place = (camera.rotation @ pose.place[..., None])[..., 0] + camera.place
    return Pose(camera.rotation @ pose.rotation, place, pose.half)


def rays(view: View, like: Tensor) -> Tensor:
    """Directions of the rays through all pixels, z = 1: [height * width, 3]; so a ray's parameter is its depth."""
    x, y = view.centre
    across = (torch.arange(view.width, device=like.device, dtype=like.dtype) + 0.5 - x) / view.focal
    down = (torch.arange(view.height, device=like.device, dtype=like.dtype) + 0.5 - y) / view.focal
    v, u = torch.meshgrid(down, across, indexing="ij")
    return torch.stack([u, v, torch.ones_like(u)], -1).reshape(-1, 3)


def rotation_of(six: Tensor) -> Tensor:
    """Rotations from two vectors each, made orthogonal (Zhou et al., CVPR 2019): [..., 6] to [..., 3, 3]."""
    first = F.normalize(six[..., :3], dim=-1)
    second = F.normalize(six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def turned(angle: Tensor) -> Tensor:
    """Rotations about the vertical axis by angles in radians: [...] to [..., 3, 3]."""
    c, s, o, i = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([c, o, s, o, i, o, -s, o, c], -1).unflatten(-1, (3, 3))  # type: ignore[no-untyped-call, no-any-return]


def polar_of(share: Tensor) -> Tensor:
    """Polar angles that are uniform on the sphere: of 0..1, radians."""
    return torch.acos(1 - 2 * share)


def full_turn(share: Tensor) -> Tensor:
    """Azimuths: of 0..1, radians."""
    return 2 * math.pi * share
