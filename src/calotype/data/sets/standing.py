"""Placement of objects in a synthetic landscape: position, size by distance, and occlusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.sets.landscape import Landscape
from calotype.data.sets.places import KINDS

FEWEST, _MOST = 3, 8  # number of objects in a scene
SMALLEST = 0.0012  # minimum share of the image that an object must cover
_SEEN = 0.35  # minimum share of an object's mask that must be visible
_TRIES = 40
_OFF_ROAD = {"house", "tree", "bush"}  # classes that are not placed on a road


@dataclass
class Thing:
    """An object placed in the scene: image, top-left corner in pixels, and nearness (1 is the foreground)."""

    kind: str
    file: str
    picture: Image.Image
    left: int
    top: int
    depth: float

    @property
    def outline(self) -> NDArray[np.bool_]:
        """Its mask: bool [height, width]."""
        return np.asarray(self.picture.getchannel("A")) > 127


def standing(land: Landscape, cutouts: Mapping[str, Image.Image]) -> list[Thing]:
    """Place objects that do not occlude each other too much; returned from far to near."""
    wanted = int(land.rng.integers(FEWEST, _MOST + 1))
    names, weights = list(land.place.things), np.array(list(land.place.things.values()))
    things: list[Thing] = []
    for _ in range(_TRIES):
        if len(things) == wanted:
            break
        thing = _drawn(land, cutouts, names[int(land.rng.choice(len(names), p=weights / weights.sum()))])
        if thing is not None and _all_seen([*things, thing], land.side):
            things.append(thing)
    return sorted(things, key=lambda thing: thing.depth)


def _drawn(land: Landscape, cutouts: Mapping[str, Image.Image], name: str) -> Thing | None:
    """Place one object of a class at random; ``None`` if there is no suitable position."""
    kind, rng = KINDS[name], land.rng
    where = _foot(land, kind.where, name)
    if where is None:
        return None
    foot, near = where
    file = kind.files[int(rng.integers(len(kind.files)))]
    cutout = cutouts[file]
    height = max(4, round(land.side * kind.height * near * rng.uniform(0.85, 1.15)))
    width = max(4, round(height * cutout.width / cutout.height))
    most = 0.62 * land.side  # wide objects must not fill the whole image
    if width > most:
        height, width = max(4, round(height * most / width)), round(most)
    picture = cutout.resize((width, height), Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    left = round(rng.uniform(-0.2 * width, land.side - 0.8 * width))
    top = foot - height if kind.where != "sky" else foot
    return Thing(name, file, picture, left, top, near)


def _foot(land: Landscape, where: str, name: str) -> tuple[int, float] | None:
    """The row that an object stands on (its upper edge, in the sky), and the nearness of that row."""
    rng, deep = land.rng, land.side - land.horizon
    if where == "sky":
        return round(rng.uniform(0.02, 0.5) * land.horizon), float(rng.uniform(0.5, 1.2)) * 0.8
    if where == "water":
        if land.water is None:
            return None
        foot = rng.uniform(land.water[0] + 0.25 * (land.water[1] - land.water[0]), land.water[1])
    elif name == "vehicle" and land.road is not None:
        foot = rng.uniform(land.road[0] + 0.45 * (land.road[1] - land.road[0]), land.road[1])
    else:
        first = land.horizon + 0.1 * deep
        if land.water is not None:
            first = land.water[1] + 0.04 * deep
        foot = rng.uniform(first, land.side + 0.02 * deep)
        if land.road is not None and name in _OFF_ROAD and land.road[0] < foot < land.road[1] + 0.05 * deep:
            foot = rng.uniform(first, land.road[0])  # behind the road
    away = (foot - land.horizon) / deep
    return round(foot), 0.2 + 0.8 * float(away)


def paste(land: Landscape, thing: Thing, number: int, instances: NDArray[np.uint8]) -> None:
    """Composite an object into the landscape, and write its number into the instance map."""
    if KINDS[thing.kind].where == "ground":
        _shadow(land, thing)
    rgba = np.asarray(thing.picture, np.float32) / 255
    rows, columns, part = _inside(thing, land.side)
    colour, alpha = rgba[part][..., :3], rgba[part][..., 3:]
    if thing.depth < 0.6 and KINDS[thing.kind].where != "sky":  # haze
        colour = colour + (np.asarray(land.light.horizon, np.float32) - colour) * 0.45 * (0.6 - thing.depth)
    land.colours[rows, columns] += (colour - land.colours[rows, columns]) * alpha
    solid = alpha[..., 0] > 0.5
    instances[rows, columns][solid] = number


def _shadow(land: Landscape, thing: Thing) -> None:
    """Draw a soft dark ellipse below the object."""
    width, height = thing.picture.width * 0.5, max(2.0, thing.picture.width * 0.09)
    x, y = thing.left + thing.picture.width / 2, thing.top + thing.picture.height - 0.4 * height
    rows = np.arange(max(0, int(y - 2 * height)), min(land.side, int(y + 2 * height) + 1))
    columns = np.arange(max(0, int(x - 1.4 * width)), min(land.side, int(x + 1.4 * width) + 1))
    if not len(rows) or not len(columns):
        return
    far = ((rows[:, None] - y) / height) ** 2 + ((columns[None] - x) / width) ** 2
    dark = 0.42 * np.exp(-far * 1.2)
    area = np.ix_(rows, columns)
    on_ground = rows[:, None] >= land.horizon
    land.colours[area] *= (1 - dark * on_ground)[..., None].astype(np.float32)


def _inside(thing: Thing, side: int) -> tuple[slice, slice, tuple[slice, slice]]:
    """The rows and columns that an object covers in the image, and the part of the object inside the image."""
    top, left = max(0, thing.top), max(0, thing.left)
    bottom = min(side, thing.top + thing.picture.height)
    right = min(side, thing.left + thing.picture.width)
    bottom, right = max(top, bottom), max(left, right)
    part = slice(top - thing.top, bottom - thing.top), slice(left - thing.left, right - thing.left)
    return slice(top, bottom), slice(left, right), part


def _all_seen(things: Sequence[Thing], side: int) -> bool:
    """Whether enough of every object is visible."""
    order = sorted(things, key=lambda thing: thing.depth)
    owner = np.zeros((side, side), np.uint8)
    wholes = []
    for number, thing in enumerate(order, 1):
        rows, columns, part = _inside(thing, side)
        solid = thing.outline
        wholes.append(int(solid.sum()))
        owner[rows, columns][solid[part]] = number
    seen = np.bincount(owner.ravel(), minlength=len(order) + 1)[1:]
    return all(s >= max(_SEEN * whole, SMALLEST * side * side) for s, whole in zip(seen, wholes))
