"""Rooms with one to three boxes and balls, and the same rooms empty, drawn by this program: poses, depth, instances.

Every ray is followed to the nearest surface: the boxes and balls, the floor, or the walls, which are a box around all.
Solids stand on the floor. A third of the pictures are of rooms without solids, from cameras of the same kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.room_view import FINER, FLOOR, LIGHT, depth_map, drawn_look, rays_of, reduced, surfaces
from calotype.data.writing import Made

Array = NDArray[np.float64]

_MOST = 3  # solids of a room
_AMBIENT, _DIFFUSE = 0.5, 0.6
_COLOURS = (
    (0.85, 0.2, 0.2),
    (0.2, 0.45, 0.85),
    (0.25, 0.68, 0.3),
    (0.95, 0.75, 0.15),
    (0.6, 0.3, 0.7),
    (0.95, 0.5, 0.15),
)
_KINDS = ("box", "ball")

ABOUT = About(
    name="solids",
    summary="rooms with boxes and balls, and without: poses, instances, depth; nothing is fetched",
    packages=(),
    size=64,
    sizes=(16, 256),
    count=4500,
    names={"map_classes": ("room", *_KINDS), "labels": ("background", "scenes"), "classes": _KINDS},
    licences="CC0 (drawn by this program)",
    other="a depth map",
)


@dataclass(frozen=True)
class Solid:
    """A box or a ball.

    Attributes:
        kind: number in the names of the kinds.
        colour: number of the colour.
        place: of its middle, in the world: x to the right, y down, z away from a camera of azimuth 0 on the other side.
        half: half sizes; those of a ball are equal.
        angle: about the vertical axis, radians.
    """

    kind: int
    colour: int
    place: Array
    half: Array
    angle: float


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Room after room; ``other`` is the depth map: bright is near, linear from .5 to 5.5 units."""
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        solids = [] if number % 3 == 0 else _placed(rng)
        yield _picture(rng, solids, size)


def _placed(rng: np.random.Generator) -> list[Solid]:
    """One to three solids that do not touch."""
    solids: list[Solid] = []
    wanted = int(rng.integers(1, _MOST + 1))
    while len(solids) < wanted:
        kind = int(rng.integers(len(_KINDS)))
        half = np.full(3, rng.uniform(0.16, 0.3)) if kind else rng.uniform(0.14, 0.34, 3)
        x, z = rng.uniform(-0.7, 0.7, 2)
        place = np.array([x, FLOOR - half[1], z])
        reach = math.hypot(half[0], half[2])
        if all(math.hypot(*(place - s.place)[[0, 2]]) > reach + math.hypot(s.half[0], s.half[2]) for s in solids):
            solids.append(Solid(kind, int(rng.integers(len(_COLOURS))), place, half, float(rng.uniform(0, math.pi))))
    return solids


def _picture(rng: np.random.Generator, solids: list[Solid], size: int) -> Made:
    look = drawn_look(rng)
    eye, rays = rays_of(look.azimuth, look.polar, size * FINER)
    colours, depth, _ = surfaces(look, eye, rays)
    shown = np.zeros(depth.shape, np.uint8)
    for number, solid in enumerate(solids, 1):
        away, normal = _hit(eye, rays, solid)
        nearer = away < depth
        lit = _AMBIENT + _DIFFUSE * np.clip(normal @ LIGHT, 0, None)
        colours = np.where(nearer[..., None], lit[..., None] * np.array(_COLOURS[solid.colour]), colours)
        depth, shown = np.where(nearer, away, depth), np.where(nearer, np.uint8(number), shown)
    small = shown[::FINER, ::FINER]
    kinds = np.array([0, *(1 + solid.kind for solid in solids)], np.uint8)
    return Made(
        image=reduced(colours, size),
        map=kinds[small],
        instances=small,
        other=depth_map(depth),
        label=1 if solids else 0,
        info={**look.told, "solids": [_told(solid) for solid in solids]},
    )


def _told(solid: Solid) -> dict[str, Any]:
    return {
        "kind": _KINDS[solid.kind],
        "colour": solid.colour,
        "place": [round(float(x), 4) for x in solid.place],
        "half": [round(float(x), 4) for x in solid.half],
        "angle": round(math.degrees(solid.angle), 4),
    }


def _hit(eye: Array, rays: Array, solid: Solid) -> tuple[Array, Array]:
    """Depth, infinite where a ray misses, and the outward normal in the world."""
    c, s = math.cos(solid.angle), math.sin(solid.angle)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])  # from the solid's frame to the world
    start, way = ((eye - solid.place) @ turn) / solid.half, (rays @ turn) / solid.half
    if solid.kind:
        a, b, c2 = (way * way).sum(-1), way @ start, float(start @ start) - 1
        inside = b * b - a * c2
        away = np.where(inside > 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)
        normal = np.nan_to_num(start + np.where(np.isfinite(away), away, 0)[..., None] * way)
        return away, normal @ turn.T
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    one, other = (-1 - start) / way, (1 - start) / way
    enters = np.minimum(one, other)
    near, far = enters.max(-1), np.maximum(one, other).min(-1)
    face = np.eye(3)[enters.argmax(-1)] * -np.sign(way)
    return np.where((far > near) & (near > 0), near, np.inf), face @ turn.T
