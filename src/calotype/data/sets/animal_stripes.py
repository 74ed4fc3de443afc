"""Pairs of the silhouette of an animal and the animal with coloured stripes on a light ground."""

from __future__ import annotations

import colorsys
import gzip
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.writing import Made
from calotype.errors import InputError
from calotype.foreign.limits import Limits
from calotype.foreign.reading import read_bytes
from calotype.foreign.records import Array

_FOLDER = "animal_mnist/data/Animal_MNIST/"
_PICTURES, _LABELS = f"{_FOLDER}animal_data_version_3.gz", f"{_FOLDER}animal_label_version_3.gz"
_COLD = (0.35, 0.72)  # hues: from green to blue
_GROUND = np.array([244.0, 240.0, 226.0])  # red, green, blue
_STRIPES = 5  # in the width of a picture

ABOUT = About(
    name="animal_stripes",
    summary="silhouettes of ten kinds of animals, each with the animal in coloured stripes: pairs",
    packages=(
        Package(
            "pip",
            "animal-mnist",
            "0.4",
            "aeebf3d9de4552d6fd2d5701424e1a5b9020f8e5115d68df9db252f2f53ce2ce",
            3,
            "MIT (Animal MNIST)",
        ),
    ),
    size=32,
    sizes=(28, 128),
    count=2000,
    most=10_000,
    names={"labels": tuple(f"animal {number}" for number in range(10))},
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the pairs in a random order: ``other`` is the silhouette, the label the kind of animal."""
    pictures, labels = _read(packages[0])
    for number, place in enumerate(np.random.default_rng(seed).permutation(len(pictures))[:count]):
        rng = np.random.default_rng((seed, number))
        grey = Image.fromarray(pictures[int(place)]).resize((size, size), Image.Resampling.BICUBIC)
        inside = np.asarray(grey, np.float64)[..., None] / 255
        yield Made(
            image=_blended(inside, _stripes(size, rng)),
            other=_blended(inside, np.zeros((size, size, 3))),
            label=int(labels[int(place)]),
        )


def _read(package: Fetched) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The silhouettes [N, 28, 28], bright on dark, and their kinds [N]."""
    found = {}
    for name, data in package.files(lambda name: name in (_PICTURES, _LABELS)):
        read = read_bytes(gzip.decompress(data), kind="set of pictures", label=name, limits=Limits())
        if isinstance(read, Array):
            found[name] = read.array()
    if len(found) != 2 or found[_PICTURES].ndim != 3 or len(found[_PICTURES]) != len(found[_LABELS]):
        raise InputError(f"{package.package} has no animals in it: fetch it again")
    return found[_PICTURES].astype(np.uint8), found[_LABELS].astype(np.int64)


def _stripes(size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Slanted stripes of one hue, light and dark: [size, size, 3], 0..255."""
    hue = rng.uniform(*_COLD)
    colours = [255 * np.array(colorsys.hsv_to_rgb(hue, 0.8, value)) for value in (0.95, 0.45)]
    row, column = np.mgrid[:size, :size] / size
    dark = np.floor((row + column) * _STRIPES) % 2
    return np.where(dark[..., None] == 1, colours[1], colours[0])


def _blended(inside: NDArray[np.float64], fill: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray((_GROUND + inside * (fill - _GROUND)).round().astype(np.uint8))
