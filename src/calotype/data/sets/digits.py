"""Handwritten digits, 500 samples of each class."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from calotype.data.packages import Fetched, Package
from calotype.data.sets import About
from calotype.data.writing import Made
from calotype.errors import InputError

_SHEETS = ("usr/share/doc/opencv-doc/examples/data/digits.png", "digits.png")
_CELL, _ROWS, _COLUMNS = 20, 50, 100  # cell side in pixels, and the grid of cells: five rows per digit
_MARGIN = 1.4  # image side divided by cell side, so that the border is as wide as in MNIST

ABOUT = About(
    name="digits",
    summary="5000 handwritten digits, grey, with their labels",
    packages=(
        Package(
            "apt",
            "opencv-doc",
            "4.6.0+dfsg-12",
            "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a",
            96,
            "Apache-2.0 (OpenCV)",
        ),
    ),
    size=32,
    sizes=(28, 128),
    count=5000,
    most=5000,
    names={"labels": tuple(str(digit) for digit in range(10))},
)


def compose(packages: Sequence[Fetched], size: int, count: int, seed: int) -> Iterator[Made]:
    """Yield the digits in a random order, white on black."""
    sheet = None
    for _, data in packages[0].files(lambda name: any(name.endswith(known) for known in _SHEETS)):
        with Image.open(io.BytesIO(data)) as picture:
            sheet = np.array(picture.convert("L"))
    if sheet is None or sheet.shape != (_ROWS * _CELL, _COLUMNS * _CELL):
        raise InputError(f"{packages[0].package} contains no digits: fetch it again")
    inner = round(size / _MARGIN)
    for place in np.random.default_rng(seed).permutation(_ROWS * _COLUMNS)[:count]:
        row, column = divmod(int(place), _COLUMNS)
        cell = sheet[row * _CELL : (row + 1) * _CELL, column * _CELL : (column + 1) * _CELL]
        digit = Image.fromarray(cell).resize((inner, inner), Image.Resampling.BICUBIC)
        square = Image.new("L", (size, size))
        square.paste(digit, ((size - inner) // 2, (size - inner) // 2))
        yield Made(image=square.convert("RGB"), label=row // (_ROWS // 10))
