"""Photographs and painted portraits of a game, for models of style: cuttings of 185 photographs and 238 portraits.

The samples take turns: a photograph, whose label is 0, and a portrait, whose label is its people. Portraits are painted
on nothing and are put on a ground of one colour; each is cropped at random positions and sizes, where most of the crop
is painted. The portraits of one people come in turn; ``portrait`` says which one it is, so that training and test sets
can be split by portrait. Who painted a portrait is not told: its people stands in the place of the artist.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched
from calotype.data.sets import About, photos, sprites
from calotype.data.writing import Made
from calotype.errors import InputError

# Folders of the package; those with a few portraits only are taken together, as the last one.
PEOPLES = (
    *("humans", "undead", "monsters", "elves", "orcs", "dwarves", "merfolk", "drakes", "nagas", "goblins", "trolls"),
    "others",
)
LABELS = ("photo", *PEOPLES)
_PORTRAITS = re.compile(r"usr/share/games/wesnoth/[0-9.]+/data/core/images/portraits/([^/]+)/(.+)\.png")
_TRIES = 8  # crops of a portrait, of which the first that is painted enough is taken, or else the best
_PAINTED = 0.7  # share of a crop that is painted enough

ABOUT = About(
    name="portraits",
    summary="cuttings of 185 photographs and of 238 painted portraits of a game, for models of style",
    packages=(*photos.ABOUT.packages, *sprites.ABOUT.packages),
    size=64,
    sizes=(32, 256),
    count=4000,
    names={"labels": LABELS},
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield photographs and portraits by turns."""
    found = _portraits(packages[1])
    peoples = [name for name in PEOPLES if name in found]

    def portrait(number: int, place: int) -> Made:
        turn, place = divmod(place, len(peoples))
        works = found[peoples[place]]
        title, picture = works[turn % len(works)]
        image = _cutting(picture, size, (seed, number, 1), whole=turn < len(works))
        return Made(image=image, label=LABELS.index(peoples[place]), info={"portrait": title})

    return photos.by_turns(packages, size, count, seed, portrait)


def _portraits(package: Fetched) -> dict[str, list[tuple[str, Image.Image]]]:
    """Titles and pictures, RGBA, cut to what is painted, by people, sorted by title."""
    found: dict[str, list[tuple[str, Image.Image]]] = {}
    for path, data in package.files(lambda path: _PORTRAITS.fullmatch(path) is not None):
        matched = _PORTRAITS.fullmatch(path)
        assert matched is not None
        folder, name = matched.groups()
        with Image.open(io.BytesIO(data)) as picture:
            rgba = picture.convert("RGBA")
        box = rgba.getchannel("A").getbbox()
        if box is not None:
            people = folder if folder in PEOPLES else PEOPLES[-1]
            found.setdefault(people, []).append((f"{folder}/{name}", rgba.crop(box)))
    if not found:
        raise InputError(f"{package.package} has no portraits in it: fetch it again")
    return {people: sorted(works, key=lambda work: work[0]) for people, works in found.items()}


def _cutting(picture: Image.Image, size: int, chance: tuple[int, ...], *, whole: bool) -> Image.Image:
    """A square crop on a ground: of the middle, or the first of several random ones in which enough is painted."""
    turf = sprites.TURF[int(np.random.default_rng(chance).integers(len(sprites.TURF)))]
    canvas = Image.new("RGBA", picture.size, (*turf, 255))
    canvas.alpha_composite(picture)
    colours, alpha = canvas.convert("RGB"), picture.getchannel("A")
    best, most = 0, -1.0
    for attempt in range(1 if whole else _TRIES):
        crop = photos.cutting(alpha, size, np.random.default_rng((*chance, attempt)), whole=whole)
        painted = float(np.asarray(crop).mean()) / 255
        if painted > most:
            best, most = attempt, painted
        if painted >= _PAINTED:
            break
    return photos.cutting(colours, size, np.random.default_rng((*chance, best)), whole=whole)
