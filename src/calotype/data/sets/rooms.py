"""Furnished rooms, and the same kind of rooms empty: label map, instances, boxes, relations, depth, poses.

Two or three pieces of furniture of their real relative sizes stand in a room, turned at random. They are rendered by
pybullet; floor and walls are drawn by this program, with the camera of the set ``solids``. A third of the pictures are
of empty rooms. Pictures are composed in blocks of ``_BLOCK`` that take their furniture from the same few models.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calotype.data.boxes import RELATIONS, box_of, spatial
from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.bullet import NEEDS, renderer
from calotype.data.sets.furniture import KINDS, PACKAGE, Furniture, Model
from calotype.data.sets.room_view import FINER, FLOOR, LIGHT, Look, depth_map, drawn_look, rays_of, reduced, surfaces
from calotype.data.writing import Made

Array = NDArray[np.float64]

_BLOCK, _MODELS = 6, 4  # pictures of a block, and the models that they take from
_FEWEST, _MOST = 2, 3  # pieces in a furnished room
_REACH = 0.8  # largest distance of a middle from the middle of the room, along an axis
_GAP = 0.04  # least distance of two pieces
_TRIES = 60
_SEEN = 0.004  # least share of a picture that a piece covers
_NEAR, _FAR = 0.2, 8.0  # what the renderer tells apart
_FIELD = math.degrees(2 * math.atan(0.5))  # the focal length is the picture's side
_AMBIENT, _DIFFUSE = 0.6, 0.45
_SHADOW = 0.55  # what is left of the light in the middle of a shadow
_NAMES = tuple(KINDS)

ABOUT = About(
    name="rooms",
    summary="furnished rooms in 3D, and empty ones: maps, instances, boxes, relations, depth, poses",
    packages=(PACKAGE,),
    size=64,
    sizes=(32, 256),
    count=4500,
    names={
        "map_classes": ("wall", "floor", *_NAMES),
        "labels": ("background", "scenes"),
        "classes": _NAMES,
        "relations": RELATIONS,
    },
    needs=NEEDS,
    other="a depth map",
)


@dataclass(frozen=True)
class Piece:
    """A piece of furniture in its place.

    Attributes:
        kind: number of its class.
        model: what it is.
        place: of its middle on the floor, x and z.
        angle: about the vertical axis, radians.
    """

    kind: int
    model: Model
    place: Array
    angle: float

    @property
    def corners(self) -> Array:
        """The corners of its outline on the floor, [4, 2]."""
        width, _, depth = self.model.half
        flat = np.array([(-width, -depth), (width, -depth), (width, depth), (-width, depth)])
        c, s = math.cos(self.angle), math.sin(self.angle)
        return np.stack([c * flat[:, 0] + s * flat[:, 1], c * flat[:, 1] - s * flat[:, 0]], 1) + self.place


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Room after room; ``other`` is the depth map: bright is near, linear from .5 to 5.5 units of 2 m."""
    furniture = Furniture(packages[0])
    with renderer() as bullet, tempfile.TemporaryDirectory() as folder:
        for block in range(math.ceil(count / _BLOCK)):
            rng = np.random.default_rng((seed, block))
            models = _models(rng, furniture)
            bodies = {model.name: _loaded(bullet, model, Path(folder)) for _, model in models}
            for number in range(block * _BLOCK, min(count, (block + 1) * _BLOCK)):
                yield _sample(bullet, size, seed, number, models, bodies)
            for parts in bodies.values():
                for body in parts:
                    bullet.removeBody(body)


def _models(rng: np.random.Generator, furniture: Furniture) -> list[tuple[int, Model]]:
    """Different kinds, and one model of each."""
    kinds = rng.permutation(len(_NAMES))[:_MODELS]
    names = [furniture.kinds[_NAMES[kind]] for kind in kinds]
    return [(int(kind), furniture.model(each[int(rng.integers(len(each)))])) for kind, each in zip(kinds, names)]


def _loaded(bullet: Any, model: Model, folder: Path) -> list[int]:
    """The bodies of the parts of a model."""
    bodies = []
    for number, part in enumerate(model.parts):
        path = folder / f"{model.name}-{number}.obj"  # the renderer keeps what it has read by its name
        path.write_text(part.obj)
        shape = bullet.createVisualShape(
            bullet.GEOM_MESH, fileName=str(path), rgbaColor=[*part.colour, 1], specularColor=[0, 0, 0]
        )
        body = int(bullet.createMultiBody(0, -1, shape))
        if part.texture is not None:
            at = path.with_suffix(".png")
            part.texture.save(at)
            bullet.changeVisualShape(body, -1, textureUniqueId=bullet.loadTexture(str(at)))
        bodies.append(body)
    return bodies


# ---------------------------------------------------------------------------------------------------------------
# Placing


def _sample(
    bullet: Any, size: int, seed: int, number: int, models: list[tuple[int, Model]], bodies: dict[str, list[int]]
) -> Made:
    """One sample; rooms are drawn until every piece is seen."""
    attempt = 0
    while True:
        rng = np.random.default_rng((seed, number, attempt, 1))
        pieces = [] if number % 3 == 0 else _placed(rng, models)
        look = drawn_look(rng)
        made = _picture(bullet, size, look, pieces, bodies)
        if number % 3 == 0 or (made.boxes is not None and len(made.boxes) == len(pieces) >= _FEWEST):
            return made
        attempt += 1


def _placed(rng: np.random.Generator, models: list[tuple[int, Model]]) -> list[Piece]:
    """Pieces that do not touch."""
    pieces: list[Piece] = []
    for kind, model in [models[i] for i in rng.permutation(len(models))[: rng.integers(_FEWEST, _MOST + 1)]]:
        for _ in range(_TRIES):
            piece = Piece(kind, model, rng.uniform(-_REACH, _REACH, 2), float(rng.uniform(0, 2 * math.pi)))
            if all(apart(piece.corners, other.corners) > _GAP for other in pieces):
                pieces.append(piece)
                break
    return pieces


def apart(one: Array, other: Array) -> float:
    """A lower bound of the distance of two convex outlines [N, 2], at most 0 where they touch (separating axes)."""
    edges = np.concatenate([np.roll(one, -1, 0) - one, np.roll(other, -1, 0) - other])
    axes = np.stack([edges[:, 1], -edges[:, 0]], 1) / np.linalg.norm(edges, axis=1, keepdims=True)
    a, b = one @ axes.T, other @ axes.T
    return float(np.maximum(a.min(0) - b.max(0), b.min(0) - a.max(0)).max())


# ---------------------------------------------------------------------------------------------------------------
# Drawing


def _picture(bullet: Any, size: int, look: Look, pieces: list[Piece], bodies: dict[str, list[int]]) -> Made:
    eye, rays = rays_of(look.azimuth, look.polar, size * FINER)
    colours, depth, floor = surfaces(look, eye, rays)
    numbers = np.zeros(depth.shape, np.uint8)
    if pieces:
        colours = colours * _shadows(pieces, eye + depth[..., None] * rays, floor)[..., None]
        rgb, away, numbers = _rendered(bullet, eye, size * FINER, pieces, bodies)
        there = numbers > 0
        colours = np.where(there[..., None], rgb, colours)
        depth = np.where(there, away, depth)
    numbers, ground = numbers[::FINER, ::FINER], floor[::FINER, ::FINER]
    kinds = np.array([0, *(2 + piece.kind for piece in pieces)], np.uint8)
    kept = [n for n in range(1, len(pieces) + 1) if (numbers == n).sum() >= max(1, _SEEN * size * size)]
    boxes = [box_of(numbers == n) for n in kept]
    return Made(
        image=reduced(colours, size),
        map=np.where(numbers > 0, kinds[numbers], ground.astype(np.uint8)),
        instances=numbers,
        other=depth_map(depth),
        label=1 if pieces else 0,
        boxes=boxes,
        classes=[pieces[n - 1].kind for n in kept],
        relations=spatial(boxes, [float(pieces[n - 1].place @ eye[[0, 2]]) for n in kept]),
        info={**look.told, "pieces": [_told(piece) for piece in pieces]},
    )


def _rendered(
    bullet: Any, eye: Array, side: int, pieces: list[Piece], bodies: dict[str, list[int]]
) -> tuple[Array, Array, NDArray[np.uint8]]:
    """Colours 0..1, depth, and the number of the piece of each pixel, from 1."""
    number_of = np.zeros(max(max(parts) for parts in bodies.values()) + 2, np.uint8)
    for parts in bodies.values():
        for body in parts:
            bullet.resetBasePositionAndOrientation(body, [0, 0, 1000], [0, 0, 0, 1])
    for number, piece in enumerate(pieces, 1):
        turn = [0, math.sin(piece.angle / 2), 0, math.cos(piece.angle / 2)]
        for body in bodies[piece.model.name]:
            bullet.resetBasePositionAndOrientation(body, [piece.place[0], FLOOR, piece.place[1]], turn)
            number_of[body] = number
    _, _, rgba, depth, found = bullet.getCameraImage(
        side,
        side,
        bullet.computeViewMatrix(eye.tolist(), [0, 0, 0], [0, -1, 0]),
        bullet.computeProjectionMatrixFOV(_FIELD, 1.0, _NEAR, _FAR),
        lightDirection=LIGHT.tolist(),
        shadow=0,
        lightAmbientCoeff=_AMBIENT,
        lightDiffuseCoeff=_DIFFUSE,
        lightSpecularCoeff=0,
        renderer=bullet.ER_TINY_RENDERER,
    )
    rgb = np.asarray(rgba, np.uint8).reshape(side, side, 4)[..., :3] / 255
    away = _FAR * _NEAR / (_FAR - (_FAR - _NEAR) * np.asarray(depth, np.float64).reshape(side, side))
    return rgb, away, number_of[np.asarray(found).reshape(side, side)]  # nothing is -1, the last


def _shadows(pieces: list[Piece], points: Array, floor: NDArray[np.bool_]) -> Array:
    """What is left of the light on the floor around the pieces: [H, W], softly less below them."""
    light = np.ones(floor.shape)
    for piece in pieces:
        c, s = math.cos(piece.angle), math.sin(piece.angle)
        x, z = points[..., 0] - piece.place[0], points[..., 2] - piece.place[1]
        width, _, depth = piece.model.half
        out = np.maximum(abs(c * x - s * z) - width, abs(s * x + c * z) - depth)
        light *= 1 - (1 - _SHADOW) * np.clip(1 - (out + 0.03) / 0.1, 0, 1) * floor
    return light


def _told(piece: Piece) -> dict[str, Any]:
    width, height, depth = piece.model.half
    return {
        "kind": _NAMES[piece.kind],
        "model": piece.model.name,
        "creator": piece.model.creator,
        "place": [round(float(piece.place[0]), 4), round(FLOOR - height, 4), round(float(piece.place[1]), 4)],
        "half": [round(width, 4), round(height, 4), round(depth, 4)],
        "angle": round(math.degrees(piece.angle), 4),
    }
