"""The README's pictures, made from the shipped photos with default settings: ``python benchmarks/gallery.py``.

Seeds are the first ones, not chosen ones.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import calotype
from calotype.image.grid import contact_sheet

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "examples" / "photos"
OUT = HERE.parent / "docs" / "images"
SIDE = 480


def opened(name: str) -> Image.Image:
    """A shipped photo at the size of the gallery."""
    image = Image.open(PHOTOS / f"{name}.jpg")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


def strip(name: str, images: list[Image.Image], labels: list[str], columns: int, cell: int) -> None:
    """Write one picture of the README."""
    OUT.mkdir(parents=True, exist_ok=True)
    sheet = contact_sheet(images, labels, columns=columns, cell=cell, mark_first=True)
    sheet.save(OUT / f"{name}.jpg", quality=80, optimize=True)


def variations() -> None:
    """The photo and three samples, for three photos."""
    images, labels = [], []
    for name, structure in (("stream", "free"), ("galaxies", "free"), ("mountains", "loose")):
        photo = opened(name)
        images += [photo, *calotype.vary(photo, n=3, seed=0, structure=structure)]
        labels += ["the photo", *(f"{structure}, seed {seed}" for seed in range(3))]
    strip("vary", images, labels, 4, 300)


def structures() -> None:
    """From free to close, and the preset that copies least."""
    photo = opened("dandelions")
    choices = [("free", "fast"), ("loose", "fast"), ("close", "fast"), ("loose", "original")]
    made = [calotype.vary(photo, seed=1, structure=word, preset=preset)[0] for word, preset in choices]
    labels = ["the photo", "--structure free", "--structure loose", "--structure close", "--preset original"]
    strip("structure", [photo, *made], labels, 5, 240)


def sizes() -> None:
    """Other shapes of one photo, and a tile laid out two by two."""
    photo = opened("stream")
    wide = calotype.retarget(photo, factor="1.6x1")[0]
    narrow = calotype.retarget(photo, factor="0.6x1")[0]
    tile = calotype.vary(photo, size="200x150", tile="both", structure="free", max_side=300)[0]
    floor = Image.new("RGB", (400, 300))
    for place in ((0, 0), (200, 0), (0, 150), (200, 150)):
        floor.paste(tile, place)
    labels = ["the photo", "retarget --factor 1.6x1", "retarget --factor 0.6x1", "vary --tile both, laid 2 x 2"]
    strip("sizes", [photo, wide, narrow, floor], labels, 4, 300)


if __name__ == "__main__":
    variations()
    structures()
    sizes()
