"""Landscapes with animals, trees, houses and vehicles in them: every pixel, box and relation is known.

Cut-outs, mostly photographs with exact outlines, stand on made ground under a made sky. Their size follows their
distance and what they are, so that a cow at the horizon is small and a tree is larger than a dog; what is near hides
what is far. Which things come together depends on the kind of place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.boxes import RELATIONS, Box, inverse, relation
from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.sets.noise import Field, cloudy, mixed, ridge
from calotype.data.writing import Made

_STAMPS = "usr/share/tuxpaint/stamps/"
_FINER = 2  # scenes are composed at so many times their size, then shrunk
_SEEN = 0.35  # share of a thing's outline that must not be hidden by others
_SMALLEST = 0.0012  # share of the picture that a thing must cover
_FEWEST_THINGS, _MOST_THINGS = 3, 8
_TRIES = 40

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Kind:
    """A class of things.

    Attributes:
        files: its cut-outs, below ``_STAMPS``, without suffix.
        height: of it at the front of the ground, as a share of the picture's height.
        where: ``ground``, ``sky`` or ``water``.
    """

    files: tuple[str, ...]
    height: float
    where: str = "ground"


def _in(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names.split())


KINDS: dict[str, Kind] = {
    "tree": Kind(_in("plants/trees", "birch holm_oak liberia-palm tree336"), 1.05),
    "bush": Kind(_in("plants", "thyme lavender lettuce_bolted eggplant"), 0.22),
    "house": Kind(
        _in(
            "town/houses/cartoon",
            "swisshome wooden_cottage stables windmill inn townhall warehouse tower_round tower_square cityhouse "
            "blacksmith tavern hunter tower_flag_red",
        ),
        0.62,
    ),
    "cow": Kind(_in("animals/mammals/bovines", "bison bull cow cow_white yak zebu"), 0.42),
    "sheep": Kind(_in("animals/mammals/bovines", "goat mountaingoat ram sheep sheep_lamb"), 0.3),
    "horse": Kind(_in("animals/mammals/equines", "donkey donkey_eating horse"), 0.46),
    "zebra": Kind(_in("animals/mammals/equines", "zebra"), 0.44),
    "deer": Kind(
        (
            *_in("animals/mammals/deer", "caribou deer doe wapiti"),
            *_in("animals/mammals/bovines", "gnu-baby gnu-baby-stand gnu-stand indian_blackbuck"),
        ),
        0.44,
    ),
    "pig": Kind(_in("animals/mammals", "pig pig_golden wildboar"), 0.27),
    "dog": Kind(_in("animals/mammals/dogs", "dingo dog fox"), 0.26),
    "big cat": Kind(_in("animals/mammals/cats", "lion-2 lion tiger tiger_sumatran"), 0.3),
    "bear": Kind(_in("animals/mammals/bears", "bear european-bear"), 0.4),
    "elephant": Kind(_in("animals/mammals", "elephant"), 0.62),
    "rhinoceros": Kind(_in("animals/mammals", "rhino_black hippopotamus"), 0.38),
    "giraffe": Kind(_in("animals/mammals", "giraffe"), 0.8),
    "camel": Kind(_in("animals/mammals/camel", "camel dromedary"), 0.52),
    "rabbit": Kind(_in("animals/mammals/rodents", "rabbit-2 rabbit squirrel marmot"), 0.15),
    "kangaroo": Kind(_in("animals/marsupials", "kangaroo wombat"), 0.32),
    "bird": Kind(
        _in(
            "animals/birds",
            "chicken_profile crow crowned_crane drake duck gander guineafowl helmeted_guineafowl hen magpie nandou "
            "ostrich pigeon pink_flamingo rooster turkey silver-gull vulture",
        ),
        0.2,
    ),
    "penguin": Kind(_in("animals/birds", "little-penguin magellanic_penguin penguin"), 0.24),
    "flying bird": Kind(_in("animals/birds", "heron_greatblue_flying seagull pelican cuckoo"), 0.14, "sky"),
    "mushroom": Kind(_in("plants/mushrooms", "cep-1 cep-2 cep"), 0.12),
    "vehicle": Kind(
        (
            *_in("vehicles/auto", "beetle sedan sportscar2 truck"),
            *_in("vehicles", "garbagetruck emergency/firetruck construction/dumper masstransit/green_korean_bus"),
        ),
        0.26,
    ),
    "boat": Kind(_in("vehicles/ship", "chineseJunk walnutBoat"), 0.34, "water"),
    "aircraft": Kind(_in("vehicles/flight", "balloon360 planes/747"), 0.2, "sky"),
}
_OFF_ROAD = {"house", "tree", "bush"}  # what does not stand on one
THINGS = tuple(KINDS)
STUFF = ("sky", "cloud", "hill", "grass", "sand", "snow", "water", "road")
MAP_CLASSES = (*STUFF, *THINGS)


@dataclass(frozen=True)
class Place:
    """A kind of place.

    Attributes:
        ground: class of the ground.
        low: colour of it, RGB 0..1.
        high: another; between the two it varies.
        hills: colour of the hills.
        things: what stands there, each with how likely it is.
        water: how likely a strip of water is.
        road: how likely a road is.
    """

    ground: str
    low: Rgb
    high: Rgb
    hills: Rgb
    things: dict[str, float]
    water: float = 0.0
    road: float = 0.0


PLACES: dict[str, Place] = {
    "meadow": Place(
        "grass",
        (0.22, 0.38, 0.12),
        (0.5, 0.62, 0.24),
        (0.28, 0.42, 0.3),
        {"tree": 3, "bush": 1, "house": 1, "cow": 2, "sheep": 2, "horse": 2, "pig": 1, "dog": 1, "bird": 2, "rabbit": 1}
        | {"flying bird": 1, "aircraft": 0.5},
        water=0.3,
    ),
    "forest": Place(
        "grass",
        (0.16, 0.26, 0.1),
        (0.36, 0.42, 0.18),
        (0.16, 0.3, 0.2),
        {"tree": 6, "bush": 2, "deer": 2, "bear": 1, "dog": 1, "pig": 1, "rabbit": 1, "mushroom": 2, "flying bird": 1},
        water=0.15,
    ),
    "savanna": Place(
        "sand",
        (0.6, 0.46, 0.24),
        (0.86, 0.72, 0.42),
        (0.55, 0.46, 0.38),
        {"tree": 1.5, "bush": 1, "zebra": 2, "giraffe": 1.5, "elephant": 1.5, "rhinoceros": 1.5, "big cat": 2}
        | {"deer": 1, "camel": 1.5, "kangaroo": 1, "bird": 1, "flying bird": 0.7},
        water=0.25,
    ),
    "snow": Place(
        "snow",
        (0.78, 0.83, 0.9),
        (0.97, 0.98, 1.0),
        (0.62, 0.7, 0.82),
        {"tree": 1, "house": 1, "penguin": 3, "bear": 1, "deer": 2, "dog": 1.5, "rabbit": 1, "flying bird": 0.7},
        water=0.3,
    ),
    "shore": Place(
        "sand",
        (0.78, 0.68, 0.48),
        (0.94, 0.86, 0.66),
        (0.34, 0.46, 0.5),
        {"boat": 4, "bird": 2, "penguin": 1, "flying bird": 2, "tree": 1, "dog": 1, "horse": 0.7, "house": 0.5}
        | {"aircraft": 0.7},
        water=1.0,
    ),
    "town": Place(
        "grass",
        (0.34, 0.42, 0.22),
        (0.54, 0.6, 0.34),
        (0.46, 0.5, 0.56),
        {"house": 4, "vehicle": 4, "tree": 2, "dog": 1, "bird": 1, "horse": 0.7, "aircraft": 1, "flying bird": 0.7},
        road=0.85,
    ),
}

# Colour of the sky above, at the horizon, of the clouds, and of the light on all things.
_LIGHTS: tuple[tuple[Rgb, Rgb, Rgb, Rgb], ...] = (
    ((0.24, 0.5, 0.86), (0.76, 0.87, 0.97), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
    ((0.36, 0.6, 0.9), (0.86, 0.92, 0.97), (0.98, 0.98, 1.0), (1.0, 1.0, 0.98)),
    ((0.5, 0.56, 0.64), (0.8, 0.82, 0.85), (0.9, 0.9, 0.92), (0.86, 0.88, 0.92)),
    ((0.28, 0.36, 0.62), (0.98, 0.72, 0.46), (1.0, 0.78, 0.66), (1.0, 0.87, 0.74)),
    ((0.16, 0.22, 0.46), (0.62, 0.5, 0.6), (0.56, 0.48, 0.6), (0.7, 0.7, 0.86)),
)

ABOUT = About(
    name="scenes",
    summary="landscapes with animals, trees, houses, vehicles: maps, instances, boxes, relations",
    packages=(
        Package(
            "apt",
            "tuxpaint-stamps-default",
            "2022.06.04-1",
            "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
            161,
            "GPL-2 (Tux Paint stamps)",
        ),
    ),
    size=128,
    sizes=(64, 256),
    count=5000,
    names={
        "map_classes": MAP_CLASSES,
        "classes": THINGS,
        "relations": RELATIONS,
        "labels": tuple(PLACES),
    },
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Scene after scene."""
    cutouts = _cutouts(packages[0])
    for number in range(count):
        yield _scene(size, cutouts, seed, number)


def _scene(size: int, cutouts: dict[str, Image.Image], seed: int, number: int) -> Made:
    attempt = 0
    while True:  # where there is little room, few things find a place: another landscape then
        made = _Scene(np.random.default_rng((seed, number, attempt)), size, cutouts).made()
        if made.boxes is not None and len(made.boxes) >= _FEWEST_THINGS:
            return made
        attempt += 1


def _cutouts(package: Fetched) -> dict[str, Image.Image]:
    wanted = {f"{_STAMPS}{name}.png": name for kind in KINDS.values() for name in kind.files}
    found = {}
    for path, data in package.files(lambda path: path in wanted):
        with Image.open(io.BytesIO(data)) as picture:
            rgba = picture.convert("RGBA")
        box = rgba.getchannel("A").point(lambda a: 255 if a > 24 else 0).getbbox()
        found[wanted[path]] = rgba.crop(box) if box else rgba
    return found


@dataclass
class _Thing:
    """Something that stands in the scene: its picture, its left upper corner, and how near it is."""

    kind: str
    file: str
    picture: Image.Image
    left: int
    top: int
    depth: float

    @property
    def outline(self) -> NDArray[np.bool_]:
        return np.asarray(self.picture.getchannel("A")) > 127


class _Scene:
    """One scene while it is composed, at ``_FINER`` times its size."""

    def __init__(self, rng: np.random.Generator, size: int, cutouts: dict[str, Image.Image]) -> None:
        self.rng, self.size, self.side, self.cutouts = rng, size, size * _FINER, cutouts
        self.label = int(rng.integers(len(PLACES)))
        self.place = list(PLACES.values())[self.label]
        self.light = _LIGHTS[int(rng.choice(len(_LIGHTS), p=[0.3, 0.28, 0.16, 0.16, 0.1]))]
        self.horizon = round(self.side * rng.uniform(0.3, 0.52))
        self.map = np.zeros((self.side, self.side), np.uint8)
        self.water: tuple[int, int] | None = None
        self.road: tuple[int, int] | None = None
        self.colours = self._backdrop()

    # -----------------------------------------------------------------------------------------------------------
    # What lies behind

    def _backdrop(self) -> Field:
        side, rng = self.side, self.rng
        above, below, clouds, _ = self.light
        rows = np.linspace(0, 1, self.horizon, dtype=np.float32)[:, None].repeat(side, 1)
        picture = np.zeros((side, side, 3), np.float32)
        picture[: self.horizon] = mixed(above, below, rows**1.3)
        self._clouds(picture, clouds)
        self._hills(picture)
        self._ground(picture)
        if rng.random() < self.place.water:
            self._strip(picture, "water")
        elif rng.random() < self.place.road:
            self._strip(picture, "road")
        return picture

    def _clouds(self, picture: Field, colour: Rgb) -> None:
        if self.rng.random() < 0.25:
            return
        noise = cloudy(self.rng, (self.horizon, self.side), self.rng.uniform(2, 4), octaves=6, fade=0.6)
        cover = np.clip((noise - self.rng.uniform(0.54, 0.7)) * 6, 0, 1)
        sky = picture[: self.horizon]
        sky += (np.asarray(colour, np.float32) - sky) * (0.92 * cover)[..., None]
        self.map[: self.horizon][cover > 0.5] = MAP_CLASSES.index("cloud")

    def _hills(self, picture: Field) -> None:
        haze = np.asarray(self.light[1], np.float32)
        for distance in (0.75, 0.45):
            if self.rng.random() < 0.35:
                continue
            rise = ridge(self.rng, self.side, self.rng.uniform(1.5, 4)) * self.side * self.rng.uniform(0.04, 0.16)
            crest = self.horizon - rise.astype(int)
            rows = np.arange(self.side)[:, None]
            inside = (rows >= crest) & (rows < self.horizon)
            shade = cloudy(self.rng, (self.side, self.side), 9)
            colour = mixed(tuple(0.8 * c for c in self.place.hills), tuple(1.15 * c for c in self.place.hills), shade)
            colour += (haze - colour) * distance * 0.7
            picture[inside] = colour[inside]
            self.map[inside] = MAP_CLASSES.index("hill")

    def _ground(self, picture: Field) -> None:
        deep = self.side - self.horizon
        broad = cloudy(self.rng, (deep, self.side), 4)
        fine = self._receding(deep)
        colour = mixed(self.place.low, self.place.high, np.clip(0.55 * broad + 0.45 * fine, 0, 1))
        haze = np.linspace(0.5, 0, deep, dtype=np.float32)[:, None, None] ** 1.5
        picture[self.horizon :] = colour + (np.asarray(self.light[1], np.float32) - colour) * haze
        self.map[self.horizon :] = MAP_CLASSES.index(self.place.ground)

    def _receding(self, deep: int) -> Field:
        """Fine noise whose grain shrinks towards the horizon, as that of a plain does."""
        flat = cloudy(self.rng, (2 * self.side, 2 * self.side), 60, octaves=3, fade=0.7)
        rows = np.arange(deep, dtype=np.float32)
        distance = 1 / (0.06 + rows / deep)  # 1 at the front, far at the horizon
        down = (distance * deep).astype(int) % (2 * self.side)  # at the front, a row for a row
        spread = np.linspace(-0.5, 0.5, self.side, dtype=np.float32) * self.side
        across = (spread[None] * np.clip(distance[:, None], 0.9, 6) + self.side).astype(int) % (2 * self.side)
        grain: Field = flat[down[:, None], across]
        return grain

    def _strip(self, picture: Field, kind: str) -> None:
        """Water or a road across the picture, between two rows."""
        deep, rng = self.side - self.horizon, self.rng
        if kind == "water":
            top = self.horizon
            bottom = top + round(deep * rng.uniform(0.22, 0.5))
            if self.place.ground != "sand" and rng.random() < 0.6:
                top += round(deep * rng.uniform(0.04, 0.14))
                bottom += round(deep * 0.1)
        else:
            top = self.horizon + round(deep * rng.uniform(0.3, 0.5))
            bottom = top + round(deep * rng.uniform(0.2, 0.32))
        sway = self.side * (0.015 if kind == "water" else 0.004)
        upper = top + (ridge(rng, self.side, 3) * sway if top > self.horizon else np.zeros(self.side))
        lower = bottom + ridge(rng, self.side, 3) * sway * 2
        rows = np.arange(self.side)[:, None]
        inside = (rows >= upper[None]) & (rows < lower[None])
        picture[inside] = (self._water(top) if kind == "water" else self._asphalt(top, bottom))[inside]
        self.map[inside] = MAP_CLASSES.index(kind)
        if kind == "water":
            self.water = (top, bottom)
        else:
            self.road = (top, bottom)

    def _water(self, top: int) -> Field:
        above, below, _, _ = self.light
        # Longer across than down: waves seen from the side.
        waves = cloudy(self.rng, (self.side, self.side // 6), 40)
        waves = np.asarray(Image.fromarray(waves).resize((self.side, self.side)), np.float32)
        depth = np.clip((np.arange(self.side, dtype=np.float32) - top) / (0.4 * self.side), 0, 1)[:, None]
        far, near = (tuple(0.75 * b + 0.15 * a for a, b in zip(above, below)), tuple(0.62 * a for a in above))
        return mixed(far, near, np.clip(depth + 0.35 * (waves - 0.5), 0, 1))

    def _asphalt(self, top: int, bottom: int) -> Field:
        grain = cloudy(self.rng, (self.side, self.side), 90, octaves=2)
        colour = mixed((0.3, 0.3, 0.32), (0.44, 0.44, 0.45), grain)
        middle, half = (top + bottom) // 2, max(1, (bottom - top) // 26)
        dashes = (np.arange(self.side) // (self.side // 10)) % 2 == 0
        colour[middle - half : middle + half, dashes] = (0.86, 0.86, 0.82)
        return colour

    # -----------------------------------------------------------------------------------------------------------
    # What stands in it

    def made(self) -> Made:
        """The scene, finished."""
        things = self._things()
        instances = np.zeros((self.side, self.side), np.uint8)
        for number, thing in enumerate(things, 1):
            self._paste(thing, number, instances)
        light = np.asarray(self.light[3], np.float32)
        picture = Image.fromarray((np.clip(self.colours * light, 0, 1) * 255 + 0.5).astype(np.uint8))
        small = picture.resize((self.size, self.size), Image.Resampling.LANCZOS)
        numbers, stuff = _shrunk(instances), _shrunk(self.map)
        classes = np.array([0, *(MAP_CLASSES.index(thing.kind) for thing in things)], np.uint8)
        return self._told(small, np.where(numbers > 0, classes[numbers], stuff), numbers, things)

    def _things(self) -> list[_Thing]:
        """Things that do not hide each other too much, the farthest first."""
        wanted = int(self.rng.integers(_FEWEST_THINGS, _MOST_THINGS + 1))
        names, weights = list(self.place.things), np.array(list(self.place.things.values()))
        things: list[_Thing] = []
        for _ in range(_TRIES):
            if len(things) == wanted:
                break
            thing = self._drawn(names[int(self.rng.choice(len(names), p=weights / weights.sum()))])
            if thing is not None and _all_seen([*things, thing], self.side):
                things.append(thing)
        return sorted(things, key=lambda thing: thing.depth)

    def _drawn(self, name: str) -> _Thing | None:
        """One thing somewhere; ``None`` where there is no place for its kind."""
        kind, rng = KINDS[name], self.rng
        where = self._foot(kind.where, name)
        if where is None:
            return None
        foot, near = where
        file = kind.files[int(rng.integers(len(kind.files)))]
        cutout = self.cutouts[file]
        height = max(4, round(self.side * kind.height * near * rng.uniform(0.85, 1.15)))
        width = max(4, round(height * cutout.width / cutout.height))
        most = 0.62 * self.side  # what is broad must not fill the whole picture
        if width > most:
            height, width = max(4, round(height * most / width)), round(most)
        picture = cutout.resize((width, height), Image.Resampling.LANCZOS)
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        left = round(rng.uniform(-0.2 * width, self.side - 0.8 * width))
        top = foot - height if kind.where != "sky" else foot
        return _Thing(name, file, picture, left, top, near)

    def _foot(self, where: str, name: str) -> tuple[int, float] | None:
        """The row that a thing stands on (the upper edge, in the sky), and how near that is, 0..1."""
        rng, deep = self.rng, self.side - self.horizon
        if where == "sky":
            return round(rng.uniform(0.02, 0.5) * self.horizon), float(rng.uniform(0.5, 1.2)) * 0.8
        if where == "water":
            if self.water is None:
                return None
            foot = rng.uniform(self.water[0] + 0.25 * (self.water[1] - self.water[0]), self.water[1])
        elif name == "vehicle" and self.road is not None:
            foot = rng.uniform(self.road[0] + 0.45 * (self.road[1] - self.road[0]), self.road[1])
        else:
            first = self.horizon + 0.1 * deep
            if self.water is not None:
                first = self.water[1] + 0.04 * deep
            foot = rng.uniform(first, self.side + 0.02 * deep)
            if self.road is not None and name in _OFF_ROAD and self.road[0] < foot < self.road[1] + 0.05 * deep:
                foot = rng.uniform(first, self.road[0])  # beyond it
        away = (foot - self.horizon) / deep
        return round(foot), 0.2 + 0.8 * float(away)

    def _paste(self, thing: _Thing, number: int, instances: NDArray[np.uint8]) -> None:
        if KINDS[thing.kind].where == "ground":
            self._shadow(thing)
        rgba = np.asarray(thing.picture, np.float32) / 255
        rows, columns, part = _inside(thing, self.side)
        colour, alpha = rgba[part][..., :3], rgba[part][..., 3:]
        if thing.depth < 0.6 and KINDS[thing.kind].where != "sky":  # the air between
            colour = colour + (np.asarray(self.light[1], np.float32) - colour) * 0.45 * (0.6 - thing.depth)
        self.colours[rows, columns] += (colour - self.colours[rows, columns]) * alpha
        solid = alpha[..., 0] > 0.5
        instances[rows, columns][solid] = number

    def _shadow(self, thing: _Thing) -> None:
        """A soft dark ellipse under the feet."""
        width, height = thing.picture.width * 0.5, max(2.0, thing.picture.width * 0.09)
        x, y = thing.left + thing.picture.width / 2, thing.top + thing.picture.height - 0.4 * height
        rows = np.arange(max(0, int(y - 2 * height)), min(self.side, int(y + 2 * height) + 1))
        columns = np.arange(max(0, int(x - 1.4 * width)), min(self.side, int(x + 1.4 * width) + 1))
        if not len(rows) or not len(columns):
            return
        far = ((rows[:, None] - y) / height) ** 2 + ((columns[None] - x) / width) ** 2
        dark = 0.42 * np.exp(-far * 1.2)
        area = np.ix_(rows, columns)
        on_ground = rows[:, None] >= self.horizon
        self.colours[area] *= (1 - dark * on_ground)[..., None].astype(np.float32)

    def _told(
        self, picture: Image.Image, index: NDArray[np.uint8], numbers: NDArray[np.uint8], things: Sequence[_Thing]
    ) -> Made:
        """The sample: what can still be seen of each thing, at the size of the picture."""
        boxes: list[Box] = []
        kept: list[int] = []
        least = _SMALLEST * self.size**2
        instances = np.zeros_like(numbers)
        for number in range(1, len(things) + 1):
            seen = numbers == number
            if seen.sum() < least:
                continue
            kept.append(number - 1)
            boxes.append(box_of(seen))
            instances[seen] = len(kept)
        chosen = [things[i] for i in kept]
        return Made(
            image=picture,
            map=index,
            instances=instances,
            label=self.label,
            boxes=boxes,
            classes=[THINGS.index(thing.kind) for thing in chosen],
            relations=_relations(boxes, [thing.depth for thing in chosen], instances, chosen),
            info={"cutouts": [thing.file for thing in chosen]},
        )


def box_of(mask: NDArray[np.bool_]) -> Box:
    """The box around what is true, as shares of the width and height."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def _relations(
    boxes: Sequence[Box], depths: Sequence[float], instances: NDArray[np.uint8], things: Sequence[_Thing]
) -> list[tuple[int, int, int]]:
    """Of every two things, the one by their boxes, both ways; and which is in front where they touch."""
    found = []
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            number = relation(boxes[i], boxes[j])
            found += [(i, number, j), (j, inverse(number), i)]
            overlap = boxes[i][0] < boxes[j][2] and boxes[j][0] < boxes[i][2]
            overlap = overlap and boxes[i][1] < boxes[j][3] and boxes[j][1] < boxes[i][3]
            if overlap:
                near, far = (i, j) if depths[i] > depths[j] else (j, i)
                found += [(near, RELATIONS.index("in front of"), far), (far, RELATIONS.index("behind"), near)]
    return found


def _inside(thing: _Thing, side: int) -> tuple[slice, slice, tuple[slice, slice]]:
    """Where a thing lies in the picture, and which part of it does."""
    top, left = max(0, thing.top), max(0, thing.left)
    bottom = min(side, thing.top + thing.picture.height)
    right = min(side, thing.left + thing.picture.width)
    bottom, right = max(top, bottom), max(left, right)
    part = slice(top - thing.top, bottom - thing.top), slice(left - thing.left, right - thing.left)
    return slice(top, bottom), slice(left, right), part


def _all_seen(things: Sequence[_Thing], side: int) -> bool:
    """Whether of each thing enough would be seen."""
    order = sorted(things, key=lambda thing: thing.depth)
    owner = np.zeros((side, side), np.uint8)
    wholes = []
    for number, thing in enumerate(order, 1):
        rows, columns, part = _inside(thing, side)
        solid = thing.outline
        wholes.append(int(solid.sum()))
        owner[rows, columns][solid[part]] = number
    seen = np.bincount(owner.ravel(), minlength=len(order) + 1)[1:]
    return all(s >= max(_SEEN * whole, _SMALLEST * side * side) for s, whole in zip(seen, wholes))


def _shrunk(index: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Numbers at ``1 / _FINER`` of their size: of each block the one that is there most, the smaller of two."""
    height, width = (n // _FINER for n in index.shape)
    blocks = index.reshape(height, _FINER, width, _FINER).transpose(0, 2, 1, 3).reshape(height, width, -1)
    counts = (blocks[..., None] == blocks[..., None, :]).sum(-1)
    # Of those that are there equally often, the smallest: 256 is more than any number.
    best = (counts.astype(np.int32) * 256 + 255 - blocks).argmax(-1)
    return np.take_along_axis(blocks, best[..., None], -1)[..., 0]
