"""Photographs of animals, monuments, fish and power stations: many crops of 185 images.

Each image is cropped once at the centre, then repeatedly at random positions and sizes, so a set of thousands of
samples shows few subjects: enough to train on an appearance and to compare systems, not enough for general image
statistics. Each crop records its source image (``photo``), so that training and test sets can be split by image.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from calotype.data.archives import resources
from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.writing import Made
from calotype.errors import InputError

LABELS = ("animals", "monuments", "fish", "power")
_RESOURCES = "usr/share/gcompris-qt/rcc/"
_ACTIVITIES = "gcompris/src/activities/"
# The folder of each label's images, with the names that are excluded: drawings, and photos that are also in another
# folder.
_SOURCES: tuple[tuple[str, str, str, str], ...] = (
    ("animals", "erase.rcc", "erase/resource/", "butterfly_mask"),
    ("animals", "explore_world_animals.rcc", "explore_world_animals/resource/animals/", "dragon"),
    ("animals", "explore_farm_animals.rcc", "explore_farm_animals/resource/animals/", ""),
    *(
        ("monuments", "explore_monuments.rcc", f"explore_monuments/resource/{country}/", "")
        for country in ("egypt", "france", "germany", "india", "usa", "wonders")
    ),
    ("monuments", "categorization.rcc", "categorization/resource/images/monuments/", "monument1 eiffelTower"),
    ("fish", "categorization.rcc", "categorization/resource/images/fishes/", ""),
    ("power", "categorization.rcc", "categorization/resource/images/renewable/", "windmill geothermal"),
)
_LEAST = 0.45  # minimum side of a crop, as a share of the image's shorter side
_CLOSE = 1.25  # maximum upsampling factor of a crop

ABOUT = About(
    name="photos",
    summary="cuttings of 185 photographs: animals, monuments, fish, power stations",
    packages=(
        Package(
            "apt",
            "gcompris-qt-data",
            "3.1-2",
            "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f",
            44,
            "CC0, public domain, CC-BY, CC-BY-SA, GFDL, GPL-3+ by picture (GCompris)",
        ),
    ),
    size=128,
    sizes=(64, 256),
    count=4000,
    names={"labels": LABELS},
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield crops: first one of each image, in a random order, then the next of each."""
    found = pictures(packages[0])
    order = np.random.default_rng(seed).permutation(len(found))
    for number in range(count):
        turn, place = divmod(number, len(found))
        label, name, picture = found[int(order[place])]
        yield Made(
            image=cutting(picture, size, np.random.default_rng((seed, number)), whole=turn == 0),
            label=LABELS.index(label),
            info={"photo": name},
        )


def by_turns(
    packages: Sequence[Fetched], size: int, count: int, seed: int, artwork: Callable[[int, int], Made]
) -> Iterator[Made]:
    """Yield photographs of ``compose``, with label 0, and artworks by turns.

    Args:
        packages: those of the photographs.
        size: of a sample, pixels.
        count: number of samples.
        seed: of the photographs.
        artwork: called with the number of the sample and that of the artwork, from 0.
    """
    taken = compose(packages, size, -(-count // 2), seed)
    for number in range(count):
        if number % 2:
            yield artwork(number, number // 2)
            continue
        made = next(taken)
        yield replace(made, label=0, info={**made.info, "category": LABELS[made.label or 0]})


def pictures(package: Fetched) -> list[tuple[str, str, Image.Image]]:
    """Label, name and image of all photographs of the package, sorted by name.

    Raises:
        InputError: it has none.
    """
    files = {f"{_RESOURCES}{file}" for _, file, _, _ in _SOURCES}
    found: dict[tuple[str, str], Image.Image] = {}
    for path, data in package.files(lambda path: path in files):
        for label, file, folder, left_out in _SOURCES:
            if path == f"{_RESOURCES}{file}":
                found |= _in_folder(data, label, f"{_ACTIVITIES}{folder}", set(left_out.split()))
    if not found:
        raise InputError(f"{package.package} has no photos in it: fetch it again")
    return [(label, name, found[label, name]) for label, name in sorted(found)]


def _in_folder(data: bytes, label: str, folder: str, left_out: set[str]) -> dict[tuple[str, str], Image.Image]:
    found: dict[tuple[str, str], Image.Image] = {}
    for name, content in resources(data, lambda name: name.startswith(folder) and name.endswith(".webp")):
        stem = name.removeprefix(folder).removesuffix(".webp")
        if "/" in stem or stem in left_out:
            continue
        with Image.open(io.BytesIO(content)) as picture:
            if picture.mode == "RGBA" and np.asarray(picture.getchannel("A")).min() < 255:
                continue  # a cut-out on a transparent background is not a photo
            rgb = picture.convert("RGB")
        found[label, f"{folder.removeprefix(_ACTIVITIES).split('/')[0]}/{stem}"] = rgb
    return found


def cutting(picture: Image.Image, size: int, rng: np.random.Generator, *, whole: bool) -> Image.Image:
    """A square crop, ``size`` x ``size`` pixels: the largest at the centre, or a random one of enough resolution."""
    short = min(picture.size)
    # Large enough not to be blurred by upsampling, unless the image itself is too small.
    least = min(short, max(round(_LEAST * short), round(size / _CLOSE)))
    side = short if whole else int(rng.integers(least, short + 1))
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    if not whole:
        left, top = int(rng.integers(picture.width - side + 1)), int(rng.integers(picture.height - side + 1))
    return picture.resize((size, size), Image.Resampling.LANCZOS, (left, top, left + side, top + side))
