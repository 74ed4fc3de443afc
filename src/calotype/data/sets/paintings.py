"""Photographs and paintings by seven artists, for models of style: cuttings of 185 photographs and 25 paintings.

The samples take turns: a photograph, whose label is 0, and a painting, whose label is its artist. The paintings of one
artist come in turn, each cropped at random positions and sizes; ``painting`` says which one it is, so that training and
test sets can be split by painting. Paintings are puzzles in the package, whose pieces are put together.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from calotype.data.archives import resources
from calotype.data.packages import Fetched
from calotype.data.sets import About, photos
from calotype.data.writing import Made
from calotype.errors import InputError

# Each artist, with words that a painting's title or file has.
ARTISTS = {
    "Hokusai": ("Hokusa",),
    "Hiroshige": ("Hiroshige",),
    "Renoir": ("Renoir",),
    "Arcimboldo": ("Arcimboldo",),
    "Bruegel": ("Brugel",),
    "Kandinsky": ("Kandinsky",),
    "Van Gogh": ("Gogh", "PereTanguy", "Eglise_dAuvers"),
}
LABELS = ("photo", *ARTISTS)
_FOLDER = "usr/share/gcompris-qt/rcc/"
_PUZZLES, _PICTURES = f"{_FOLDER}paintings.rcc", f"{_FOLDER}details.rcc"
_TITLE = re.compile(r'qsTr\("([^"]*)"\)')
_PIECE = re.compile(r'"image/([^"]+\.webp)",\s*"x"\s*:\s*"([\d.]+)",\s*"y"\s*:\s*"([\d.]+)"')
_SIZE = re.compile(r'"width"\s*:\s*(\d+),\s*"height"\s*:\s*(\d+)')
_RIM = 4  # pixels at the border of a painting, where pieces do not end alike

ABOUT = About(
    name="paintings",
    summary="cuttings of 185 photographs and of paintings by seven artists, for models of style",
    packages=tuple(
        replace(package, licence=f"{package.licence}; the paintings are in the public domain")
        for package in photos.ABOUT.packages
    ),
    size=64,
    sizes=(32, 256),
    count=4000,
    names={"labels": LABELS},
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield photographs and paintings by turns."""
    found = pictures(packages[0])
    artists = [name for name in ARTISTS if name in found]

    def painting(number: int, place: int) -> Made:
        turn, place = divmod(place, len(artists))
        works = found[artists[place]]
        title, picture = works[turn % len(works)]
        rng = np.random.default_rng((seed, number, 1))
        image = photos.cutting(picture, size, rng, whole=turn < len(works))
        return Made(image=image, label=LABELS.index(artists[place]), info={"painting": title})

    return photos.by_turns(packages, size, count, seed, painting)


def pictures(package: Fetched) -> dict[str, list[tuple[str, Image.Image]]]:
    """Titles and pictures by artist, sorted by title."""
    works: list[tuple[str, Image.Image]] = []
    for path, data in package.files(lambda path: path in (_PUZZLES, _PICTURES)):
        works += _puzzles(data) if path == _PUZZLES else _backgrounds(data)
    found: dict[str, list[tuple[str, Image.Image]]] = {}
    for title, picture in sorted(works, key=lambda work: work[0]):
        for artist, words in ARTISTS.items():
            if any(word in title for word in words):
                found.setdefault(artist, []).append((title, picture))
    if not found:
        raise InputError(f"{package.package} has no paintings in it: fetch it again")
    return found


def _backgrounds(data: bytes) -> Iterator[tuple[str, Image.Image]]:
    """Whole paintings: file names without suffix, and pictures."""
    for name, content in resources(data, lambda name: name.endswith("_background.webp")):
        with Image.open(io.BytesIO(content)) as picture:
            yield name.rsplit("/", 1)[-1].removesuffix("_background.webp"), picture.convert("RGB")


def _puzzles(data: bytes) -> Iterator[tuple[str, Image.Image]]:
    """Titles, and paintings put together from their pieces."""
    boards: list[str] = []
    pieces: dict[str, Image.Image] = {}
    for name, content in resources(data, lambda name: "/resource/" in name and name.endswith((".qml", ".webp"))):
        if name.endswith(".qml"):
            boards.append(content.decode())
        else:
            with Image.open(io.BytesIO(content)) as picture:
                pieces[name.rsplit("/", 1)[-1]] = picture.convert("RGBA")
    for board in boards:
        title, size = _TITLE.search(board), _SIZE.search(board)
        placed = [(pieces[name], float(x), float(y)) for name, x, y in _PIECE.findall(board) if name in pieces]
        if title and size and placed:
            yield title[1], _together(placed, (int(size[1]), int(size[2])))


def _together(placed: Sequence[tuple[Image.Image, float, float]], size: tuple[int, int]) -> Image.Image:
    """Pieces at their relative centres, cut to what all of them cover."""
    whole = Image.new("RGB", size)
    boxes = []
    for piece, x, y in placed:
        left, top = round(x * size[0] - piece.width / 2), round(y * size[1] - piece.height / 2)
        whole.paste(piece, (left, top), piece)
        boxes.append((left, top, left + piece.width, top + piece.height))
    lefts, tops, rights, bottoms = zip(*boxes)
    inner = (max(0, min(lefts)) + _RIM, max(0, min(tops)) + _RIM, max(rights) - _RIM, max(bottoms) - _RIM)
    return whole.crop((*inner[:2], min(inner[2], size[0]), min(inner[3], size[1])))
