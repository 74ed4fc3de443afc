"""A room seen by a camera that looks at its middle: rays, floor and walls, and the depth map of a picture.

The world: x to the right, y down, z away. The focal length is the side of the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float64]

FINER = 2  # pictures are drawn at so many times their size, then reduced
RADIUS = 2.0  # distance of the camera from the middle of the floor's objects
FLOOR, WALL, CEILING = 0.55, 2.6, -2.4  # y points down
LIGHT = np.array([0.45, -0.8, -0.4]) / np.linalg.norm([0.45, -0.8, -0.4])
_POLAR = (0.15, 0.371)  # shares of the sphere, from above: 45.6 to 75.1 degrees
_NEAR, _FAR = 0.5, 5.5  # what the depth map tells apart


@dataclass(frozen=True)
class Look:
    """What a room looks like, and from where it is seen.

    Attributes:
        azimuth, polar: of the camera, radians; polar is 0 from straight above.
        wall, floor: colours, 0..1.
        period: side of the floor's tiles.
    """

    azimuth: float
    polar: float
    wall: Array
    floor: Array
    period: float

    @property
    def told(self) -> dict[str, float]:
        """The camera as the annotations give it, degrees."""
        return {"azimuth": round(math.degrees(self.azimuth), 4), "polar": round(math.degrees(self.polar), 4)}


def drawn_look(rng: np.random.Generator) -> Look:
    """A random room and camera."""
    azimuth = float(rng.uniform(0, 2 * math.pi))
    polar = math.acos(1 - 2 * float(rng.uniform(*_POLAR)))
    wall, floor, period = rng.uniform(0.55, 0.95, 3), rng.uniform(0.35, 0.8, 3), float(rng.uniform(0.5, 0.9))
    return Look(azimuth, polar, wall, floor, period)


def rays_of(azimuth: float, polar: float, side: int) -> tuple[Array, Array]:
    """The camera's position, and directions with a component of 1 along the optical axis, [side, side, 3]."""
    out = np.array([math.sin(polar) * math.sin(azimuth), -math.cos(polar), math.sin(polar) * math.cos(azimuth)])
    forward = -out
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    below = np.cross(forward, right)
    at = (np.arange(side) + 0.5) / side - 0.5  # the focal length is the picture's side
    return RADIUS * out, forward + at[None, :, None] * right + at[:, None, None] * below


def surfaces(look: Look, eye: Array, rays: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Colours 0..1 [H, W, 3] and depth [H, W] of floor, walls and ceiling, and where the floor is."""
    low, high = np.array([-WALL, CEILING, -WALL]), np.array([WALL, FLOOR, WALL])
    with np.errstate(divide="ignore"):
        ways = np.where(rays > 0, (high - eye) / rays, (low - eye) / rays)
    axis, depth = ways.argmin(-1), ways.min(-1)
    at = eye + depth[..., None] * rays
    checks = (np.floor(at[..., 0] / look.period) + np.floor(at[..., 2] / look.period)) % 2
    ground = look.floor * (0.8 + 0.2 * checks[..., None])
    height = (at[..., 1] - CEILING) / (FLOOR - CEILING)
    sides = look.wall * (1.05 - 0.35 * height[..., None]) * np.where(axis == 0, 0.9, 1.0)[..., None]
    down = (axis == 1) & (rays[..., 1] > 0)
    return np.where(down[..., None], ground, sides), depth, down


def reduced(colours: Array, size: int) -> Image.Image:
    """The picture of colours 0..1 that are ``FINER`` times as large."""
    image = Image.fromarray(np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8))
    return image.resize((size, size), Image.Resampling.BOX)


def depth_map(depth: Array) -> Image.Image:
    """The depth map of depths that are ``FINER`` times as large: bright is near, linear from .5 to 5.5 units."""
    bright = np.clip((_FAR - depth[::FINER, ::FINER]) / (_FAR - _NEAR), 0, 1)
    return Image.fromarray(np.round(bright * 255).astype(np.uint8)).convert("RGB")
