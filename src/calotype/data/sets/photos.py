"""Photographs of animals, monuments, fish and power stations: many cuttings of 185 images.

Each image is cut once as a whole (its middle), then again and again at random places and sizes, so a set of thousands
shows few subjects: enough to learn a look from, and to compare systems on, not to learn the world. Cuttings of one
image say so (``photo``), so that training and test can be kept apart.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

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
# Where the images of each label are, with the names that are left out: drawings, and photos that are in another
# folder as well.
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
_LEAST = 0.45  # of the shorter side, that a cutting has
_CLOSE = 1.25  # how often a pixel may be stretched

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
    """Cutting after cutting: first one of each image, in a random order, then the next of each."""
    pictures = _pictures(packages[0])
    order = np.random.default_rng(seed).permutation(len(pictures))
    for number in range(count):
        turn, place = divmod(number, len(pictures))
        label, name, picture = pictures[int(order[place])]
        yield Made(
            image=_cutting(picture, size, np.random.default_rng((seed, number)), whole=turn == 0),
            label=LABELS.index(label),
            info={"photo": name},
        )


def _pictures(package: Fetched) -> list[tuple[str, str, Image.Image]]:
    """Label, name and image, in the order of their names."""
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
                continue  # cut out on nothing: no photo
            rgb = picture.convert("RGB")
        found[label, f"{folder.removeprefix(_ACTIVITIES).split('/')[0]}/{stem}"] = rgb
    return found


def _cutting(picture: Image.Image, size: int, rng: np.random.Generator, *, whole: bool) -> Image.Image:
    """A square of it, ``size`` pixels a side: the middle, as large as can be, or any that is not too small."""
    short = min(picture.size)
    # Not so small that it would be blurred, unless the image itself is.
    least = min(short, max(round(_LEAST * short), round(size / _CLOSE)))
    side = short if whole else int(rng.integers(least, short + 1))
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    if not whole:
        left, top = int(rng.integers(picture.width - side + 1)), int(rng.integers(picture.height - side + 1))
    return picture.resize((size, size), Image.Resampling.LANCZOS, (left, top, left + side, top + side))
