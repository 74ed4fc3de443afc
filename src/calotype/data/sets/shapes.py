"""Drawn scenes of simple things, each with a hue and a texture of its own; all annotations are exact.

Nothing is fetched. There are four kinds of scenes. Each has its own background (areas such as sky and sand) and its own
things at fitting places, so that things tell the background: a boat floats on water, a car stands on a road. Areas are
objects as well, with boxes that may reach behind things.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from calotype.data.boxes import RELATIONS, Box, box_of, inverse, relation
from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.writing import Made

AREAS = ("sky", "grass", "water", "sand", "road", "wall", "floor")
SHAPES = ("tree", "house", "ball", "sun", "car", "boat", "lamp", "star")
HUES = 12
TEXTURES = ("flat", "stripes", "dots")

# Hue (degrees), saturation and brightness of an area: a mean and how far it varies.
_COLOURS = {
    "sky": ((210, 30), (0.45, 0.2), (0.92, 0.07)),
    "grass": ((105, 20), (0.6, 0.15), (0.6, 0.12)),
    "water": ((215, 15), (0.75, 0.12), (0.55, 0.12)),
    "sand": ((45, 8), (0.4, 0.12), (0.88, 0.08)),
    "road": ((0, 180), (0.04, 0.03), (0.42, 0.1)),
    "wall": ((0, 180), (0.22, 0.1), (0.85, 0.08)),
    "floor": ((28, 8), (0.55, 0.12), (0.5, 0.12)),
}


@dataclass(frozen=True)
class _Scene:
    """A kind of scene.

    Attributes:
        areas: from the top down.
        things: each with its probability, and the area that it stands on or floats in.
    """

    areas: tuple[str, ...]
    things: dict[str, tuple[float, str]]


_SCENES = {
    "park": _Scene(
        ("sky", "grass"), {"tree": (4, "grass"), "house": (1, "grass"), "ball": (2, "grass"), "sun": (2, "sky")}
    ),
    "beach": _Scene(
        ("sky", "water", "sand"),
        {"boat": (4, "water"), "ball": (2, "sand"), "star": (2, "sand"), "sun": (2, "sky")},
    ),
    "street": _Scene(
        ("sky", "road"), {"car": (4, "road"), "house": (3, "road"), "lamp": (1, "road"), "tree": (1, "road")}
    ),
    "room": _Scene(
        ("wall", "floor"), {"lamp": (3, "floor"), "ball": (3, "floor"), "star": (2, "wall"), "house": (0.3, "floor")}
    ),
}
# Height of a thing as a share of the picture's, and its width relative to the height.
_SIZES = {
    "tree": (0.42, 0.6),
    "house": (0.36, 1.1),
    "ball": (0.2, 1.0),
    "sun": (0.2, 1.0),
    "car": (0.22, 1.8),
    "boat": (0.28, 1.2),
    "lamp": (0.44, 0.45),
    "star": (0.2, 1.0),
}
_FINER = 4  # scenes are drawn at this multiple of their size, then reduced
_FEWEST, _MOST = 2, 4  # things
_LEAST = 0.012  # of the picture: less visible objects are left out of the annotations
_APART = 0.25  # of a thing's box that another may cover

ABOUT = About(
    name="shapes",
    summary="drawn scenes whose things have hues and textures: maps, instances, boxes, relations",
    packages=(),
    size=64,
    sizes=(32, 256),
    count=3500,
    names={
        "map_classes": (*AREAS, *SHAPES),
        "classes": (*AREAS, *SHAPES),
        "relations": RELATIONS,
        "labels": tuple(_SCENES),
        "things": SHAPES,
    },
    licences="CC0-1.0",
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield scene after scene."""
    for number in range(count):
        yield _drawn(np.random.default_rng((seed, number)), size)


@dataclass(frozen=True)
class _Object:
    """An area or a thing, with the pixels that it covers at the finer size."""

    kind: str
    mask: NDArray[np.bool_]
    hue: int
    texture: str


def _drawn(rng: np.random.Generator, size: int) -> Made:
    side, label = size * _FINER, int(rng.integers(len(_SCENES)))
    scene = list(_SCENES.values())[label]
    edges = _horizons(rng, len(scene.areas), side)
    colours = np.zeros((side, side, 3), np.float32)
    owners = np.zeros((side, side), np.uint8)
    objects: list[_Object] = []
    for area, top, bottom in zip(scene.areas, edges, edges[1:], strict=False):
        mask = np.zeros((side, side), bool)
        mask[top:bottom] = True
        objects.append(_Object(area, mask, -1, "flat"))
        colours[top:bottom] = _area_colour(rng, area, (bottom - top, side))
    objects += _things(rng, scene, dict(zip(scene.areas, pairwise(edges))), side)
    for number, one in enumerate(objects, 1):
        if one.hue >= 0:
            colours[one.mask] = _surface(one, side)[one.mask]
        owners[one.mask] = number
    picture = Image.fromarray((colours * 255 + 0.5).astype(np.uint8))
    middle = slice(_FINER // 2, None, _FINER)
    return _told(label, picture.resize((size, size), Image.Resampling.BOX), owners[middle, middle], objects)


def _horizons(rng: np.random.Generator, areas: int, side: int) -> list[int]:
    first = rng.uniform(0.35, 0.6)
    between = [first] if areas == 2 else [first * 0.85, first * 0.85 + rng.uniform(0.2, 0.3)]
    return [0, *(round(share * side) for share in between), side]


def _area_colour(rng: np.random.Generator, area: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    hue, saturation, value = (mean + spread * rng.uniform(-1, 1) for mean, spread in _COLOURS[area])
    ramp = np.linspace(1.0, 0.88, shape[0], dtype=np.float32)[:, None, None]
    rgb = np.asarray(colorsys.hsv_to_rgb(hue / 360 % 1, saturation, value), np.float32)
    return np.broadcast_to(rgb * ramp, (*shape, 3)).astype(np.float32)


def _things(rng: np.random.Generator, scene: _Scene, areas: dict[str, tuple[int, int]], side: int) -> list[_Object]:
    kinds, shares = list(scene.things), np.array([share for share, _ in scene.things.values()])
    placed: list[tuple[int, _Object, tuple[int, int, int, int]]] = []
    wanted = int(rng.integers(_FEWEST, _MOST + 1))
    for _ in range(40):
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        box = _place(rng, kind, areas[scene.things[kind][1]], scene.things[kind][1], side)
        if any(_overlap(box, other) > _APART for _, _, other in placed):
            continue
        mask = _silhouette(kind, box, side)
        one = _Object(kind, mask, int(rng.integers(HUES)), TEXTURES[int(rng.integers(len(TEXTURES)))])
        placed.append((box[3], one, box))
        if len(placed) == wanted:
            break
    return [one for _, one, _ in sorted(placed, key=lambda each: each[0])]


def _place(
    rng: np.random.Generator, kind: str, area: tuple[int, int], name: str, side: int
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, pixels of the finer size."""
    share, across = _SIZES[kind]
    height = round(share * rng.uniform(0.75, 1.2) * side)
    width = round(height * across)
    left = int(rng.integers(0, max(1, side - width)))
    if name in ("sky", "wall"):
        top = int(rng.integers(0, max(1, area[1] - height)))
    else:
        foot = int(rng.integers(area[0] + round(0.25 * (area[1] - area[0])), area[1] - 2))
        top = max(0, foot - height)
    return left, top, min(side - 1, left + width), min(side - 1, top + height)


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """The common area as a share of the smaller box."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return max(0, across) * max(0, down) / max(1, min(areas))


# Outlines as polygons and ellipses in the unit square of the box.
_POLYGONS = {
    "tree": (((0.5, 0), (1, 0.75), (0, 0.75)), ((0.4, 0.75), (0.6, 0.75), (0.6, 1), (0.4, 1))),
    "house": (((0, 0.4), (0.5, 0), (1, 0.4)), ((0.08, 0.4), (0.92, 0.4), (0.92, 1), (0.08, 1))),
    "car": (
        ((0.22, 0), (0.72, 0), (0.88, 0.4), (0.12, 0.4)),
        ((0, 0.38), (1, 0.38), (1, 0.8), (0, 0.8)),
    ),
    "boat": (((0, 0.65), (1, 0.65), (0.8, 1), (0.2, 1)), ((0.45, 0), (0.95, 0.58), (0.45, 0.58))),
    "lamp": (
        ((0.25, 0), (0.75, 0), (1, 0.4), (0, 0.4)),
        ((0.42, 0.4), (0.58, 0.4), (0.58, 0.93), (0.42, 0.93)),
        ((0.2, 0.92), (0.8, 0.92), (0.8, 1), (0.2, 1)),
    ),
    "star": (
        tuple(
            (
                0.5 + (0.5 if i % 2 == 0 else 0.22) * np.sin(i * np.pi / 5),
                0.5 - (0.5 if i % 2 == 0 else 0.22) * np.cos(i * np.pi / 5),
            )
            for i in range(10)
        ),
    ),
}
_ELLIPSES = {
    "ball": ((0, 0, 1, 1),),
    "sun": ((0, 0, 1, 1),),
    "car": ((0.1, 0.6, 0.34, 1), (0.66, 0.6, 0.9, 1)),
}


def _silhouette(kind: str, box: tuple[int, int, int, int], side: int) -> NDArray[np.bool_]:
    plane = Image.new("1", (side, side))
    pen = ImageDraw.Draw(plane)
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for polygon in _POLYGONS.get(kind, ()):
        pen.polygon([(left + x * width, top + y * height) for x, y in polygon], fill=1)
    for a, b, c, d in _ELLIPSES.get(kind, ()):
        pen.ellipse([left + a * width, top + b * height, left + c * width, top + d * height], fill=1)
    return np.asarray(plane, bool)


def _surface(one: _Object, side: int) -> NDArray[np.float32]:
    """The colours of a thing's texture over the whole picture: [side, side, 3], 0..1."""
    bright = np.asarray(colorsys.hsv_to_rgb(one.hue / HUES, 0.8, 0.92), np.float32)
    rows, columns = np.mgrid[:side, :side] * (64 / side)
    if one.texture == "stripes":
        dark = rows % 6 < 3
    elif one.texture == "dots":
        dark = (rows % 5 - 2) ** 2 + (columns % 5 - 2) ** 2 < 2.2
    else:
        dark = np.zeros((side, side), bool)
    return np.where(dark[..., None], bright * np.float32(0.5), bright).astype(np.float32)


def _told(label: int, picture: Image.Image, owners: NDArray[np.uint8], objects: Sequence[_Object]) -> Made:
    """The sample with the annotations of what is visible."""
    classes = [*AREAS, *SHAPES]
    boxes: list[Box] = []
    kept: list[_Object] = []
    instances = np.zeros_like(owners)
    for number, one in enumerate(objects, 1):
        seen = owners == number
        if seen.sum() < _LEAST * owners.size:
            continue
        kept.append(one)
        boxes.append(box_of(seen))
        instances[seen] = len(kept)
    pairs = [(i, j) for i in range(len(boxes)) for j in range(i + 1, len(boxes))]
    found = [(i, relation(boxes[i], boxes[j]), j) for i, j in pairs]
    numbers = np.array([classes.index(one.kind) for one in objects], np.uint8)
    return Made(
        image=picture,
        map=numbers[owners - 1],
        instances=instances,
        label=label,
        boxes=boxes,
        classes=[classes.index(one.kind) for one in kept],
        relations=[triple for i, r, j in found for triple in ((i, r, j), (j, inverse(r), i))],
        info={"hues": [one.hue for one in kept], "textures": [one.texture for one in kept]},
    )
