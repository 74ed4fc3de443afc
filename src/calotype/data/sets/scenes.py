"""Synthetic landscapes with animals, trees, houses and vehicles; all label maps, boxes and relations are exact.

Cut-outs, mostly photographs with exact outlines, are composited on synthetic ground under a synthetic sky. Their size
follows from their distance and their class: a cow at the horizon is small, and a tree is larger than a dog. Near
objects occlude far ones. Which classes occur together depends on the kind of place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.boxes import RELATIONS, Box, box_of, spatial
from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.sets.landscape import Landscape
from calotype.data.sets.places import KINDS, LIGHTS, MAP_CLASSES, PLACES, THINGS
from calotype.data.sets.standing import FEWEST, SMALLEST, Thing, paste, standing
from calotype.data.writing import Made

_STAMPS = "usr/share/tuxpaint/stamps/"
_FINER = 2  # supersampling factor: scenes are composited at this multiple of their size, then downsampled

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
    """Yield scene after scene."""
    cutouts = _cutouts(packages[0])
    for number in range(count):
        yield _scene(size, cutouts, seed, number)


def _scene(size: int, cutouts: Mapping[str, Image.Image], seed: int, number: int) -> Made:
    attempt = 0
    while True:  # too few objects fit into this landscape: draw another one
        made = _composed(np.random.default_rng((seed, number, attempt)), size, cutouts)
        if made.boxes is not None and len(made.boxes) >= FEWEST:
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


def _composed(rng: np.random.Generator, size: int, cutouts: Mapping[str, Image.Image]) -> Made:
    """One scene, composited at ``_FINER`` times its size."""
    label = int(rng.integers(len(PLACES)))
    place = list(PLACES.values())[label]
    light = LIGHTS[int(rng.choice(len(LIGHTS), p=[light.share for light in LIGHTS]))]
    land = Landscape(rng, place, light, size * _FINER)
    things = standing(land, cutouts)
    instances = np.zeros((land.side, land.side), np.uint8)
    for number, thing in enumerate(things, 1):
        paste(land, thing, number, instances)
    lit = np.clip(land.colours * np.asarray(light.things, np.float32), 0, 1)
    picture = Image.fromarray((lit * 255 + 0.5).astype(np.uint8)).resize((size, size), Image.Resampling.LANCZOS)
    numbers, stuff = _shrunk(instances), _shrunk(land.map)
    classes = np.array([0, *(MAP_CLASSES.index(thing.kind) for thing in things)], np.uint8)
    return _told(label, picture, np.where(numbers > 0, classes[numbers], stuff), numbers, things)


def _told(
    label: int, picture: Image.Image, index: NDArray[np.uint8], numbers: NDArray[np.uint8], things: Sequence[Thing]
) -> Made:
    """The sample with its annotations: what is visible of each object, at the size of the image."""
    boxes: list[Box] = []
    kept: list[int] = []
    least = SMALLEST * len(numbers) ** 2
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
        label=label,
        boxes=boxes,
        classes=[THINGS.index(thing.kind) for thing in chosen],
        relations=spatial(boxes, [thing.depth for thing in chosen]),
        info={"cutouts": [thing.file for thing in chosen]},
    )


def _shrunk(index: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Downsample a label map by ``_FINER``: the most frequent label of each block; of equally frequent ones, the
    smallest.
    """
    height, width = (n // _FINER for n in index.shape)
    blocks = index.reshape(height, _FINER, width, _FINER).transpose(0, 2, 1, 3).reshape(height, width, -1)
    counts = (blocks[..., None] == blocks[..., None, :]).sum(-1)
    # Ties go to the smallest label: 256 is larger than any label.
    best = (counts.astype(np.int32) * 256 + 255 - blocks).argmax(-1)
    return np.take_along_axis(blocks, best[..., None], -1)[..., 0]
