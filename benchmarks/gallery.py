"""The README's pictures, made from the shipped photos with default settings: ``python benchmarks/gallery.py``.

Seeds are the first ones, not chosen ones. ``python benchmarks/gallery.py paint edit`` makes only these.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

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


def trained() -> None:
    """Samples of a model that was trained, from its two coarsest scales."""
    photo = opened("mountains")
    free = calotype.vary(photo, n=3, engine="singan", structure="free")
    loose = calotype.vary(photo, n=3, engine="singan", structure="loose")
    labels = ["the photo", *(f"free, seed {i}" for i in range(3)), "the photo", *(f"loose, seed {i}" for i in range(3))]
    strip("trained", [photo, *free, photo, *loose], labels, 4, 300)


def paintings() -> None:
    """A sketch, and what both engines paint of it."""
    photo = opened("mountains")
    sketch = Image.new("RGB", photo.size, (73, 110, 168))
    draw, (w, h) = ImageDraw.Draw(sketch), photo.size
    draw.polygon(
        [(0, 0.5 * h), (0.3 * w, 0.15 * h), (0.45 * w, 0.4 * h), (0.75 * w, 0.1 * h), (w, 0.5 * h)], (120, 120, 125)
    )
    draw.rectangle((0, 0.5 * h, w, h), (98, 96, 48))
    draw.ellipse((0.5 * w, 0.02 * h, 0.68 * w, 0.14 * h), (235, 238, 245))
    draw.polygon([(0.35 * w, h), (0.48 * w, 0.5 * h), (0.52 * w, 0.5 * h), (0.6 * w, h)], (134, 112, 96))
    made = [calotype.paint(photo, sketch, engine=engine)[0] for engine in ("gpnn", "singan")]
    strip("paint", [photo, sketch, *made], ["the photo", "the sketch", "paint", "paint --engine singan"], 4, 300)


def edits() -> None:
    """Pieces moved about, and healed by both engines."""
    photo = opened("mountains")
    edited, (w, h) = photo.copy(), photo.size
    for source, target in (((0.72, 0.22), (0.28, 0.2)), ((0.42, 0.3), (0.02, 0.18)), ((0.7, 0.85), (0.15, 0.75))):
        left, top = int(source[0] * w), int(source[1] * h)
        piece = photo.crop((left, top, left + w // 6, top + h // 6))
        edited.paste(piece, (int(target[0] * w), int(target[1] * h)))
    made = [calotype.edit(photo, edited, engine=engine)[0] for engine in ("gpnn", "singan")]
    strip("edit", [photo, edited, *made], ["the photo", "as edited", "edit", "edit --engine singan"], 4, 300)


def harmonies() -> None:
    """Something of another photo, made to belong."""
    photo, other = opened("mountains"), opened("stream")
    w, h = photo.size
    rocks = other.crop((int(0.6 * other.width), int(0.4 * other.height), other.width, int(0.95 * other.height)))
    shape = Image.new("L", rocks.size, 0)
    ImageDraw.Draw(shape).ellipse((4, 4, rocks.width - 4, rocks.height - 4), 255)
    pasted = photo.copy()
    pasted.paste(rocks, (w // 2, h - rocks.height - 10), shape)
    made = [calotype.harmonize(photo, pasted, engine=engine)[0] for engine in ("gpnn", "singan")]
    labels = ["the photo", "as pasted", "harmonize", "harmonize --engine singan"]
    strip("harmonize", [photo, pasted, *made], labels, 4, 300)


def enlargements() -> None:
    """A small photo at four times its size, beside plain enlargement."""
    photo = opened("pagoda")
    photo.thumbnail((120, 120), Image.Resampling.LANCZOS)
    large = (4 * photo.width, 4 * photo.height)
    made = calotype.upscale(photo, factor=4)[0]
    images = [photo.resize(large, how) for how in (Image.Resampling.NEAREST, Image.Resampling.BICUBIC)]
    strip("upscale", [*images, made], ["the photo, 120 pixels wide", "bicubic", "upscale --factor 4"], 3, 400)


def films() -> None:
    """A film."""
    photo = opened("stream")
    photo.thumbnail((240, 240), Image.Resampling.LANCZOS)
    calotype.animate(photo, frames=16).save(OUT / "animate.webp")


PICTURES = {
    "vary": variations,
    "structure": structures,
    "sizes": sizes,
    "trained": trained,
    "paint": paintings,
    "edit": edits,
    "harmonize": harmonies,
    "upscale": enlargements,
    "animate": films,
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or PICTURES:
        PICTURES[wanted]()
