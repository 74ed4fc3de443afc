"""Landscapes with trees and houses, drawn by this program alone: maps, instances, boxes. No package is fetched.

Sky, clouds, hills, ground, water and road are those of ``landscape``. Trees are a trunk and a crown of shaded noise,
houses a wall, a roof, a door and windows; both get smaller towards the horizon, and what is near hides what is far.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from calotype.data.boxes import box_of
from calotype.data.packages import Fetched
from calotype.data.sets import About
from calotype.data.sets.landscape import Landscape
from calotype.data.sets.noise import Field, cloudy, mixed
from calotype.data.sets.places import LIGHTS, PLACES, STUFF, Rgb
from calotype.data.writing import Made

_FINER = 2  # scenes are drawn at so many times their size, then reduced
_THINGS = ("tree", "house")
_MOST = 7  # things in a landscape
_SMALLEST = 0.002  # share of the picture: of what is seen less, no box is told
_CROWNS: dict[str, tuple[Rgb, Rgb]] = {
    "grass": ((0.09, 0.2, 0.07), (0.36, 0.5, 0.18)),
    "sand": ((0.2, 0.26, 0.1), (0.5, 0.5, 0.24)),
    "snow": ((0.12, 0.22, 0.16), (0.86, 0.92, 0.95)),
}
_WALLS: tuple[Rgb, ...] = ((0.86, 0.8, 0.68), (0.78, 0.5, 0.38), (0.92, 0.92, 0.9), (0.6, 0.66, 0.72))
_ROOFS: tuple[Rgb, ...] = ((0.6, 0.24, 0.18), (0.34, 0.3, 0.32), (0.44, 0.32, 0.22))

ABOUT = About(
    name="landscapes",
    summary="drawn landscapes with trees and houses: maps, instances, boxes; nothing is fetched",
    packages=(),
    size=64,
    sizes=(32, 512),
    count=4000,
    names={"map_classes": (*STUFF, *_THINGS), "classes": _THINGS, "labels": tuple(PLACES)},
    licences="CC0 (drawn by this program)",
)


@dataclass(frozen=True)
class _Thing:
    """Something that stands in a landscape.

    Attributes:
        kind: number in ``_THINGS``.
        colours: float32 [h, w, 3], 0..1.
        shape: float32 [h, w], how much it covers, 0..1.
        foot: row on which it stands.
        left: its first column; it may lie outside.
    """

    kind: int
    colours: Field
    shape: Field
    foot: int
    left: int


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Landscape after landscape."""
    for number in range(count):
        yield _landscape(np.random.default_rng((seed, number)), size)


def _landscape(rng: np.random.Generator, size: int) -> Made:
    label = int(rng.integers(len(PLACES)))
    light = LIGHTS[int(rng.choice(len(LIGHTS), p=[light.share for light in LIGHTS]))]
    land = Landscape(rng, list(PLACES.values())[label], light, size * _FINER)
    things = sorted((_thing(land) for _ in range(int(rng.integers(1, _MOST + 1)))), key=lambda thing: thing.foot)
    instances = np.zeros((land.side, land.side), np.uint8)
    for number, thing in enumerate(things, 1):
        _paste(land, thing, number, instances)
    lit = np.clip(land.colours, 0, 1)
    picture = Image.fromarray((lit * 255 + 0.5).astype(np.uint8)).resize((size, size), Image.Resampling.LANCZOS)
    offset = _FINER // 2
    numbers, index = instances[offset::_FINER, offset::_FINER], land.map[offset::_FINER, offset::_FINER].copy()
    for number, thing in enumerate(things, 1):
        index[numbers == number] = len(STUFF) + thing.kind
    return _made(label, picture, index, numbers, things)


def _made(
    label: int, picture: Image.Image, index: NDArray[np.uint8], numbers: NDArray[np.uint8], things: Sequence[_Thing]
) -> Made:
    """The sample, with boxes of what can be seen."""
    seen = [number for number in range(1, len(things) + 1) if (numbers == number).mean() >= _SMALLEST]
    instances = np.zeros_like(numbers)
    for place, number in enumerate(seen, 1):
        instances[numbers == number] = place
    return Made(
        image=picture,
        map=index,
        instances=instances,
        label=label,
        boxes=[box_of(numbers == number) for number in seen],
        classes=[things[number - 1].kind for number in seen],
    )


def _thing(land: Landscape) -> _Thing:
    """A tree or a house, as large as its distance makes it."""
    rng, side = land.rng, land.side
    near = float(rng.random()) ** 1.3  # 0 at the horizon, 1 at the front
    foot = round(land.horizon + (side - land.horizon) * (0.06 + 0.82 * near))
    if land.water and land.water[0] <= foot < land.water[1]:  # nothing stands in water
        foot = min(side - 1, land.water[1] + 1)
    kind = int(rng.random() < 0.35)
    height = max(6, round(side * (0.1 + 0.3 * near) * float(rng.uniform(0.8, 1.3)) * (0.75 if kind else 1.0)))
    colours, shape = (_house if kind else _tree)(rng, height, land.place.ground)
    haze = np.asarray(land.light.horizon, np.float32)
    tinted = colours * np.asarray(land.light.things, np.float32)
    tinted += (haze - tinted) * np.float32(0.45 * (1 - near))
    return _Thing(kind, tinted, shape, foot, int(rng.integers(-shape.shape[1] // 3, side - shape.shape[1] // 2)))


def _tree(rng: np.random.Generator, height: int, ground: str) -> tuple[Field, Field]:
    """Colours and cover of a tree: a trunk, and a crown of shaded noise, round or pointed."""
    width = max(4, round(height * float(rng.uniform(0.5, 0.85))))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = rows / height, (columns + 0.5) / width - 0.5
    noise = cloudy(rng, (height, width), 5, octaves=4, fade=0.7)
    if rng.random() < (0.7 if ground == "snow" else 0.25):  # a conifer
        crown = (0.86 - down) * (down / 0.86 * 0.5 - np.abs(across)) * 8 + 0.5 * (noise - 0.55)
    else:
        crown = 0.38 - np.hypot(across, (down - 0.38) / 1.2) + 0.26 * (noise - 0.5)
    trunk = ((np.abs(across) < 0.05 + 0.02 * down) & (down > 0.45)).astype(np.float32)
    low, high = _CROWNS.get(ground, _CROWNS["grass"])
    light = np.clip(0.55 * noise + 0.5 * (0.6 - down) - 0.4 * across, 0, 1)
    leaves = np.clip(crown * height * 0.5, 0, 1)
    bark = mixed((0.2, 0.14, 0.09), (0.36, 0.27, 0.18), noise)
    colours = bark + (mixed(low, high, light) - bark) * leaves[..., None]
    return colours.astype(np.float32), np.maximum(leaves, trunk).astype(np.float32)


def _house(rng: np.random.Generator, height: int, ground: str) -> tuple[Field, Field]:
    """Colours and cover of a house, seen from the front."""
    width = max(6, round(height * float(rng.uniform(1.0, 1.6))))
    wall, roof = _WALLS[int(rng.integers(len(_WALLS)))], _ROOFS[int(rng.integers(len(_ROOFS)))]
    roof = (0.93, 0.95, 0.98) if ground == "snow" and rng.random() < 0.7 else roof
    picture, mask = Image.new("RGB", (width, height)), Image.new("L", (width, height))
    paint, cover = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    eaves, inset = round(height * float(rng.uniform(0.38, 0.5))), round(width * 0.08)
    front = (inset, eaves, width - inset - 1, height - 1)
    gable = [(0, eaves), (round(width * float(rng.uniform(0.3, 0.5))), 0), (round(width * 0.6), 0), (width - 1, eaves)]
    paint.rectangle(front, fill=_bytes(wall))
    paint.polygon(gable, fill=_bytes(roof))
    cover.rectangle(front, fill=255)
    cover.polygon(gable, fill=255)
    door, panes = round(width * float(rng.uniform(0.2, 0.6))), max(1, round(width * 0.12))
    paint.rectangle((door, round(height * 0.68), door + panes, height - 1), fill=_bytes((0.3, 0.22, 0.16)))
    for place in (0.18, 0.7):
        left, top = round(width * place), round(height * 0.58)
        if abs(left - door) > panes:
            paint.rectangle((left, top, left + panes, top + panes), fill=_bytes((0.5, 0.62, 0.74)))
    shade = 0.88 + 0.24 * cloudy(rng, (height, width), 12, octaves=3)
    colours = np.asarray(picture, np.float32) / 255 * shade[..., None]
    covered = np.asarray(mask, np.float32) / 255
    return colours.astype(np.float32), covered.astype(np.float32)


def _bytes(colour: Rgb) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in colour)
    return red, green, blue


def _paste(land: Landscape, thing: _Thing, number: int, instances: NDArray[np.uint8]) -> None:
    """Put a thing into a landscape, as far as it lies in it."""
    height, width = thing.shape.shape
    top, left = thing.foot - height, thing.left
    rows = slice(max(0, top), min(land.side, thing.foot))
    columns = slice(max(0, left), min(land.side, left + width))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    shape = thing.shape[inside]
    below = land.colours[rows, columns]
    below += (thing.colours[inside] - below) * shape[..., None]
    instances[rows, columns][shape > 0.5] = number
