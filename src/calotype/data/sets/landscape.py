"""The ground, sky and hills of a synthetic landscape, with a strip of water or a road."""

from __future__ import annotations

import numpy as np
from PIL import Image

from calotype.data.sets.noise import Field, cloudy, mixed, ridge
from calotype.data.sets.places import MAP_CLASSES, Light, Place, Rgb


class Landscape:
    """One synthetic landscape without objects.

    Args:
        rng: the random number generator to draw from.
        place: the kind of place.
        light: the lighting of the time of day.
        side: side of the square image, pixels.

    Attributes:
        horizon: row of the horizon.
        map: uint8 [side, side], indices into ``MAP_CLASSES``.
        water: first and last row of the strip of water; ``None`` if there is none.
        road: first and last row of the road; ``None`` if there is none.
        colours: float32 [side, side, 3], 0..1.
    """

    def __init__(self, rng: np.random.Generator, place: Place, light: Light, side: int) -> None:
        self.rng, self.place, self.light, self.side = rng, place, light, side
        self.horizon = round(side * rng.uniform(0.3, 0.52))
        self.map = np.zeros((side, side), np.uint8)
        self.water: tuple[int, int] | None = None
        self.road: tuple[int, int] | None = None
        self.colours = self._backdrop()

    def _backdrop(self) -> Field:
        side, rng = self.side, self.rng
        above, below, clouds = self.light.above, self.light.horizon, self.light.clouds
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
        haze = np.asarray(self.light.horizon, np.float32)
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
        picture[self.horizon :] = colour + (np.asarray(self.light.horizon, np.float32) - colour) * haze
        self.map[self.horizon :] = MAP_CLASSES.index(self.place.ground)

    def _receding(self, deep: int) -> Field:
        """Fine noise in perspective: its grain becomes smaller towards the horizon."""
        flat = cloudy(self.rng, (2 * self.side, 2 * self.side), 60, octaves=3, fade=0.7)
        rows = np.arange(deep, dtype=np.float32)
        distance = 1 / (0.06 + rows / deep)  # about 1 in the foreground, large at the horizon
        down = (distance * deep).astype(int) % (2 * self.side)  # in the foreground, one row of noise per image row
        spread = np.linspace(-0.5, 0.5, self.side, dtype=np.float32) * self.side
        across = (spread[None] * np.clip(distance[:, None], 0.9, 6) + self.side).astype(int) % (2 * self.side)
        grain: Field = flat[down[:, None], across]
        return grain

    def _strip(self, picture: Field, kind: str) -> None:
        """Draw water or a road across the image, between two rows."""
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
        above, below = self.light.above, self.light.horizon
        # Stretched horizontally: waves seen from the side.
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
