"""The pictures of README and docs, from the shipped photos with default settings: ``python benchmarks/gallery.py``.

Seeds are the first ones, not chosen ones. ``python benchmarks/gallery.py paint edit`` makes only these.
The comparison of systems on changed layouts is made by ``layout_comparison.py``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import calotype
from calotype.image.grid import contact_sheet
from calotype.image.labels import flat_colours

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
    """Write one picture of the pages."""
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


def forms() -> None:
    """One photo in forms that are no rectangles, all by one trained model."""
    photo = opened("stream")
    shapes = ["trapezoid:0.5", "arc:0.4", "slant:0.3"]
    made = [calotype.retarget(photo, engine="ingan", shape=shape, outside="white")[0] for shape in shapes]
    strip("shapes", [photo, *made], ["the photo", *(f"--shape {shape}" for shape in shapes)], 4, 300)


def trained() -> None:
    """Samples of a model that was trained, from its two coarsest scales."""
    photo = opened("mountains")
    free = calotype.vary(photo, n=3, engine="singan", structure="free")
    loose = calotype.vary(photo, n=3, engine="singan", structure="loose")
    labels = ["the photo", *(f"free, seed {i}" for i in range(3)), "the photo", *(f"loose, seed {i}" for i in range(3))]
    strip("trained", [photo, *free, photo, *loose], labels, 4, 300)


def sketched(size: tuple[int, int]) -> Image.Image:
    """Mountains as somebody would paint them in a minute."""
    sketch = Image.new("RGB", size, (73, 110, 168))
    draw, (w, h) = ImageDraw.Draw(sketch), size
    draw.polygon(
        [(0, 0.5 * h), (0.3 * w, 0.15 * h), (0.45 * w, 0.4 * h), (0.75 * w, 0.1 * h), (w, 0.5 * h)], (120, 120, 125)
    )
    draw.rectangle((0, 0.5 * h, w, h), (98, 96, 48))
    draw.ellipse((0.5 * w, 0.02 * h, 0.68 * w, 0.14 * h), (235, 238, 245))
    draw.polygon([(0.35 * w, h), (0.48 * w, 0.5 * h), (0.52 * w, 0.5 * h), (0.6 * w, h)], (134, 112, 96))
    return sketch


def paintings() -> None:
    """A sketch, and what both engines paint of it."""
    photo = opened("mountains")
    sketch = sketched(photo.size)
    made = [calotype.paint(photo, sketch, engine=engine)[0] for engine in ("gpnn", "singan")]
    strip("paint", [photo, sketch, *made], ["the photo", "the sketch", "paint", "paint --engine singan"], 4, 300)


def moved(photo: Image.Image) -> Image.Image:
    """The mountains with pieces of them elsewhere."""
    edited, (w, h) = photo.copy(), photo.size
    for source, target in (((0.72, 0.22), (0.28, 0.2)), ((0.42, 0.3), (0.02, 0.18)), ((0.7, 0.85), (0.15, 0.75))):
        left, top = int(source[0] * w), int(source[1] * h)
        piece = photo.crop((left, top, left + w // 6, top + h // 6))
        edited.paste(piece, (int(target[0] * w), int(target[1] * h)))
    return edited


def edits() -> None:
    """Pieces moved about, and healed by both engines."""
    photo = opened("mountains")
    edited = moved(photo)
    made = [calotype.edit(photo, edited, engine=engine)[0] for engine in ("gpnn", "singan")]
    strip("edit", [photo, edited, *made], ["the photo", "as edited", "edit", "edit --engine singan"], 4, 300)


def pasted(photo: Image.Image, other: Image.Image) -> Image.Image:
    """A photo with a round piece of another on it."""
    rocks = other.crop((int(0.6 * other.width), int(0.4 * other.height), other.width, int(0.95 * other.height)))
    shape = Image.new("L", rocks.size, 0)
    ImageDraw.Draw(shape).ellipse((4, 4, rocks.width - 4, rocks.height - 4), 255)
    changed = photo.copy()
    changed.paste(rocks, (photo.width // 2, photo.height - rocks.height - 10), shape)
    return changed


def harmonies() -> None:
    """Something of another photo, made to belong."""
    photo = opened("mountains")
    changed = pasted(photo, opened("stream"))
    made = [calotype.harmonize(photo, changed, engine=engine)[0] for engine in ("gpnn", "singan")]
    labels = ["the photo", "as pasted", "harmonize", "harmonize --engine singan"]
    strip("harmonize", [photo, changed, *made], labels, 4, 300)


Outline = tuple[tuple[float, float], ...]

_LABELS = {"cloud": "white", "rock": "slategray", "meadow": "olivedrab", "snow": "lightcyan", "path": "saddlebrown"}
# Of the mountains: corners of each area as they are, and as they might be, from 0 to 1.
_AS_IT_IS: dict[str, Outline] = {
    "cloud": (
        *((0.05, 0.1), (0.1, 0.07), (0.17, 0.11), (0.23, 0.2), (0.3, 0.26), (0.4, 0.21), (0.48, 0.21)),
        *((0.44, 0.33), (0.33, 0.46), (0.22, 0.33), (0.12, 0.25)),
    ),
    "rock": (
        *((0, 0.18), (0.13, 0.3), (0.17, 0.36), (0.25, 0.34), (0.32, 0.45), (0.43, 0.37), (0.48, 0.23), (0.56, 0.2)),
        *((0.63, 0.22), (0.68, 0.27), (0.85, 0.21), (1, 0.14), (1, 0.7), (0, 0.5)),
    ),
    "meadow": ((0, 0.45), (0.32, 0.51), (0.45, 0.58), (0.62, 0.63), (1, 0.69), (1, 1), (0, 1)),
    "snow": ((0.52, 0.57), (0.6, 0.6), (0.75, 0.6), (0.85, 0.57), (1, 0.57), (1, 0.67), (0.75, 0.65), (0.6, 0.62)),
    "path": ((0.45, 0.58), (0.3, 0.66), (0.22, 0.75), (0.1, 1), (0.43, 1), (0.36, 0.85), (0.33, 0.68)),
}
_AS_IT_MIGHT_BE: dict[str, Outline] = {
    "cloud": ((0.62, 0.08), (0.72, 0.04), (0.86, 0.06), (0.97, 0.14), (0.94, 0.24), (0.82, 0.27), (0.68, 0.2)),
    "rock": (
        *((0, 0.4), (0.1, 0.3), (0.2, 0.26), (0.3, 0.1), (0.38, 0.08), (0.48, 0.22), (0.6, 0.4), (0.74, 0.34)),
        *((0.85, 0.38), (1, 0.3), (1, 0.6), (0, 0.7)),
    ),
    "meadow": ((0, 0.66), (0.3, 0.62), (0.6, 0.56), (1, 0.5), (1, 1), (0, 1)),
    "snow": ((0.06, 0.62), (0.2, 0.57), (0.4, 0.56), (0.5, 0.58), (0.3, 0.62), (0.1, 0.65)),
    "path": ((0.6, 0.56), (0.66, 0.66), (0.62, 0.78), (0.55, 1), (0.9, 1), (0.82, 0.8), (0.74, 0.66)),
}


def painted(areas: dict[str, Outline], size: tuple[int, int]) -> Image.Image:
    """A label map, each area in its colour on the blue of the sky."""
    image = Image.new("RGB", size, "royalblue")
    for name, corners in areas.items():
        ImageDraw.Draw(image).polygon([(x * size[0], y * size[1]) for x, y in corners], _LABELS[name])
    return image


def as_it_is(size: tuple[int, int]) -> Image.Image:
    """A map of the mountains."""
    return painted(_AS_IT_IS, size)


def as_it_might_be(size: tuple[int, int]) -> Image.Image:
    """A map of other mountains."""
    return painted(_AS_IT_MIGHT_BE, size)


def analogies() -> None:
    """A photo and its map, another map, and what is made of it."""
    photo = opened("mountains")
    before, target = as_it_is(photo.size), as_it_might_be(photo.size)
    made = calotype.analogy(photo, target, before=before)[0]
    strip("analogy", [photo, before, target, made], ["the photo", "--before", "the target", "analogy"], 4, 300)


def layouts() -> None:
    """Photos laid out by an edit of the map that is made of them, and by one of a drawing."""
    photo = opened("mountains")
    found = calotype.segment(photo)[0]
    turned = found.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    drawn = calotype.edges(photo)[0]
    pixels = np.asarray(drawn)
    y, x = np.mgrid[: photo.height, : photo.width]
    moved = (y + 0.1 * photo.height * np.sin(2 * np.pi * x / photo.width)).round().astype(int)
    bent = Image.fromarray(pixels[moved.clip(0, photo.height - 1), x])
    garden = opened("pagoda")
    regions = calotype.segment(garden)[0]
    images, labels = [], []
    for of, before, target, verb, change in (
        (photo, found, turned, "segment", "mirrored"),
        (garden, regions, without_its_tree(regions), "segment", "the tree painted over"),
        (photo, drawn, bent, "edges", "bent"),
    ):
        images += [of, before, target, calotype.relayout(of, before, target)[0]]
        labels += ["the photo", verb, change, "relayout"]
    strip("relayout", images, labels, 4, 300)


def without_its_tree(regions: Image.Image) -> Image.Image:
    """The map of the pagoda with sky where the tree at the right is, down to the hedge."""
    edited, (width, height) = regions.copy(), regions.size
    area = [(x * width, y * height) for x, y in ((0.78, 0), (1, 0), (1, 0.72), (0.9, 0.7), (0.86, 0.66), (0.8, 0.68))]
    ImageDraw.Draw(edited).polygon(area, regions.getpixel((width // 2, 4)))
    return edited


def learned_layouts() -> None:
    """A photo with its map, laid out with another, by patches alone and by the engine that has learned from both."""
    photo = opened("pagoda")
    found = calotype.segment(photo)[0]
    pixels = np.asarray(found)
    y, x = np.mgrid[: photo.height, : photo.width]
    # Everything a third farther to the right, what is left open taken from there mirrored.
    shifted = Image.fromarray(pixels[y, np.abs(x - photo.width // 3)])
    made = [calotype.relayout(photo, found, shifted, engine=engine)[0] for engine in ("gpnn", "analogy")]
    labels = ["the photo", "segment", "changed", "--engine gpnn", "--engine analogy"]
    strip("relayout_learned", [photo, found, shifted, *made], labels, 5, 260)


# What the regions are that ``segment`` finds in two of the photos, in the order of their frequency.
_FOUND = {
    "mountains": ("meadow", "sky", "rock", "rock", "snow"),
    "stream": ("trees", "rock", "trees"),
}
_MATTER = ("sky", "snow", "rock", "meadow", "trees")
_PEAKS = (
    *((0, 0.6), (0.12, 0.42), (0.2, 0.5), (0.36, 0.16), (0.52, 0.46), (0.66, 0.3), (0.84, 0.55), (1, 0.44)),
    *((1, 1), (0, 1)),
)
_SNOW = ((0.36, 0.16), (0.3, 0.27), (0.34, 0.33), (0.39, 0.29), (0.43, 0.3))
_SLOPE = ((0, 0.74), (0.3, 0.64), (0.6, 0.72), (1, 0.6), (1, 1), (0, 1))
_WOOD = ((0.55, 1), (0.6, 0.86), (0.72, 0.8), (0.86, 0.82), (1, 0.76), (1, 1))
_HILLS = ((0, 0.5), (0.3, 0.38), (0.55, 0.5), (0.8, 0.4), (1, 0.52), (1, 1), (0, 1))
_GORGE = ((0.35, 1), (0.42, 0.6), (0.6, 0.52), (0.75, 0.66), (0.8, 1))


LAYOUTS_OF_MATTER = (
    (("rock", _PEAKS), ("snow", _SNOW), ("meadow", _SLOPE), ("trees", _WOOD)),
    (("trees", _HILLS), ("meadow", _SLOPE), ("rock", _GORGE)),
)


def lenders(folder: Path) -> list[Image.Image]:
    """Two photos with the maps of ``segment`` in one numbering, as ``draw`` takes them; the photos."""
    for name in ("images", "maps"):
        (folder / name).mkdir()
    (folder / "classes.json").write_text(json.dumps(_MATTER))
    photos = []
    for name, regions in _FOUND.items():
        photos.append(opened(name))
        found = np.asarray(calotype.segment(photos[-1])[0].convert("RGB")).astype(int) @ (65536, 256, 1)
        codes, counts = np.unique(found, return_counts=True)
        order = codes[np.argsort(-counts)]
        index = np.zeros(found.shape, np.uint8)
        for code, region in zip(order, regions, strict=True):
            index[found == code] = _MATTER.index(region)
        photos[-1].save(folder / "images" / f"{name}.png")
        Image.fromarray(index).save(folder / "maps" / f"{name}.png")
    return photos


def painted_matter(areas: Sequence[tuple[str, Outline]], size: tuple[int, int]) -> Image.Image:
    """A map of class numbers: sky, and areas of other classes over it."""
    image = Image.new("L", size, 0)
    for name, outline in areas:
        ImageDraw.Draw(image).polygon([(x * size[0], y * size[1]) for x, y in outline], _MATTER.index(name))
    return image


def remixes() -> None:
    """Photos drawn anew from deeper and deeper levels of a classifier, without a model."""
    images, labels = [], []
    for name in ("dandelions", "pagoda", "stream"):
        photo, levels = opened(name), (0.5, 0.7, 0.85, 1.0)
        images += [photo, *(calotype.remix(photo, level=level)[0] for level in levels)]
        labels += ["the photo", *(f"--level {level:g}" for level in levels)]
    strip("remix", images, labels, 5, 240)


def from_photos() -> None:
    """Two painted layouts, and what ``draw`` makes of them from two photos with label maps."""
    colours = np.array(flat_colours(len(_MATTER)), np.uint8)
    with tempfile.TemporaryDirectory() as work:
        photos = lenders(Path(work))
        images = [*photos, *(Image.open(Path(work, "maps", f"{name}.png")) for name in _FOUND)]
        for areas in LAYOUTS_OF_MATTER:
            layout = painted_matter(areas, (480, 360))
            images += [layout, *calotype.draw(layout, photos=work, n=2, size="480x360"), layout]
        images = [Image.fromarray(colours[np.asarray(x)]) if x.mode == "L" else x for x in images]
    images = [images[i] for i in (0, 2, 1, 3, 4, 5, 8, 9)]
    labels = ["a photo", "segment", "a photo", "segment", "a map", "draw --photos", "a map", "draw --photos"]
    strip("from_photos", images, labels, 4, 300)


def looks() -> None:
    """Random looks of a face's map, other hair, other clothes, and the looks of another face."""
    model, places = HERE.parent / "examples" / "models" / "parts", HERE.parent / "examples" / "layouts"
    labels, face = (places / f"face{end}.png" for end in ("", "_photo"))
    made = [
        *calotype.draw(labels, model=model, n=4),
        *calotype.restyle(face, labels, model=model, classes="hair", n=4),
        *calotype.restyle(face, labels, model=model, classes="clothes", n=4),
    ]
    given = [Image.open(labels).convert("RGB"), *[Image.open(face).convert("RGB")] * 2]
    images = [each for i in range(3) for each in (given[i], *made[4 * i : 4 * i + 4])]
    large = [each.convert("RGB").resize((160, 160), Image.Resampling.NEAREST) for each in images]
    rows = [("the map", "draw"), ("the face", "restyle --classes hair"), ("the face", "restyle --classes clothes")]
    strip("looks", large, [text for first, rest in rows for text in (first, *[rest] * 4)], 5, 160)


def maps() -> None:
    """What is found in four photos: regions, and outlines."""
    names = ("mountains", "pagoda", "stream", "dandelions")
    photos = [opened(name) for name in names]
    images = [*photos, *(calotype.segment(photo)[0] for photo in photos)]
    images += [calotype.edges(photo, engine=engine)[0] for engine in ("canny", "hed") for photo in photos]
    labels = ["the photo"] * 4 + ["segment"] * 4 + ["edges"] * 4 + ["edges --engine hed"] * 4
    strip("maps", images, labels, 4, 280)


def marked(size: tuple[int, int], boxes: tuple[tuple[float, float, float, float], ...]) -> Image.Image:
    """A mask of ellipses, each in a box from 0 to 1."""
    mask, (w, h) = Image.new("L", size, 0), size
    for x0, y0, x1, y1 in boxes:
        ImageDraw.Draw(mask).ellipse((x0 * w, y0 * h, x1 * w, y1 * h), 255)
    return mask


def erasures() -> None:
    """Things taken out of two photos."""
    images, labels = [], []
    marks = {"dandelions": ((0.1, -0.02, 0.5, 0.62), (0.25, 0.4, 0.4, 1.1)), "mountains": ((0.73, 0.84, 0.84, 0.98),)}
    for name, boxes in marks.items():
        photo = opened(name)
        mask = marked(photo.size, boxes)
        shown = photo.copy()
        shown.paste((255, 0, 160), mask=mask)
        images += [photo, shown, calotype.erase(photo, mask=mask)[0]]
        labels += ["the photo", "--mask", "erase"]
    strip("erase", images, labels, 3, 360)


def expansions() -> None:
    """Two photos continued beyond their edges."""
    images, labels = [], []
    for name in ("mountains", "stream"):
        photo = opened(name)
        images += [photo, calotype.expand(photo, margin=70)[0], calotype.expand(photo, right=200)[0]]
        labels += ["the photo", "expand --margin 70", "expand --right 200"]
    strip("expand", images, labels, 3, 360)


def materials() -> None:
    """Textures of two pieces of photos; one of them as a tile laid out two by two."""
    images, labels = [], []
    for name, box in (("mountains", (0.05, 0.75, 0.4, 1.0)), ("galaxies", (0.2, 0.2, 0.6, 0.6))):
        photo = opened(name)
        w, h = photo.size
        sample = photo.crop((int(box[0] * w), int(box[1] * h), int(box[2] * w), int(box[3] * h)))
        tile = calotype.texture(sample, size="180x150", tile="both")[0]
        floor = Image.new("RGB", (360, 300))
        for place in ((0, 0), (180, 0), (0, 150), (180, 150)):
            floor.paste(tile, place)
        images += [sample, calotype.texture(sample, size="360x300")[0], floor]
        labels += ["the sample", "texture --size 360x300", "texture --tile both, laid 2 x 2"]
    strip("texture", images, labels, 3, 360)


def styles() -> None:
    """A photo in the manner of another, by both engines."""
    photo, style = opened("pagoda"), opened("stream")
    made = [calotype.stylize(photo, style, engine=engine)[0] for engine in ("gpnn", "gpdm")]
    strip("stylize", [photo, style, *made], ["the photo", "the style", "stylize", "stylize --engine gpdm"], 4, 300)


def mixtures() -> None:
    """Two photos in one."""
    photo, other = opened("mountains"), opened("stream")
    made = list(calotype.mix(photo, other, n=2))
    strip("mix", [photo, other, *made], ["the photo", "the other", "mix, seed 0", "mix, seed 1"], 4, 300)


def enlargements() -> None:
    """A small photo at four times its size, beside plain enlargement."""
    photo = opened("pagoda")
    photo.thumbnail((120, 120), Image.Resampling.LANCZOS)
    large = (4 * photo.width, 4 * photo.height)
    made = [calotype.upscale(photo, factor=4, engine=name)[0] for name in ("span", "zssr", "singan")]
    images = [photo.resize(large, how) for how in (Image.Resampling.NEAREST, Image.Resampling.BICUBIC)]
    labels = ["the photo, 120 pixels wide", "bicubic", "upscale", "upscale --engine zssr", "upscale --engine singan"]
    strip("upscale", [*images, *made], labels, 3, 400)


def films() -> None:
    """A film."""
    photo = opened("stream")
    photo.thumbnail((240, 240), Image.Resampling.LANCZOS)
    calotype.animate(photo, frames=16).save(OUT / "animate.webp")


# Of a face 272 pixels wide: corners of the areas of its map, in its pixels, and what else its hair and mouth might be.
_FACE = 272
_HAIR = (
    *((100, 30), (118, 20), (140, 15), (160, 20), (180, 28), (195, 42), (203, 62), (209, 85), (206, 105), (196, 120)),
    *((184, 127), (178, 126), (178, 110), (176, 90), (160, 85), (130, 80), (110, 79), (98, 73), (95, 80), (90, 100)),
    *((88, 117), (80, 120), (70, 112), (63, 96), (61, 75), (66, 58), (80, 45), (97, 37)),
)
_SHORT_HAIR = (
    *((104, 44), (118, 38), (136, 36), (156, 38), (172, 45), (182, 58), (186, 80), (184, 104), (179, 112), (178, 96)),
    *((172, 86), (160, 82), (130, 78), (110, 77), (98, 76), (92, 92), (89, 112), (84, 104), (82, 84), (85, 64)),
    (94, 51),
)
_SUIT = (
    *((0, 230), (22, 206), (22, 188), (33, 172), (48, 156), (72, 148), (93, 150), (96, 178), (110, 183), (143, 190)),
    *((158, 186), (163, 175), (185, 192), (203, 215), (210, 235), (230, 242), (250, 262), (255, 272), (0, 272)),
)
_SKIN = (
    *((97, 70), (88, 110), (80, 116), (83, 128), (90, 132), (92, 150), (95, 165), (96, 180), (110, 185), (143, 191)),
    *((160, 187), (163, 175), (166, 160), (172, 145), (176, 136), (183, 135), (188, 127), (179, 124), (178, 88)),
    *((160, 80), (130, 76), (110, 74)),
)
_BROWS = (((98, 92), (106, 89), (114, 90), (122, 93)), ((143, 94), (155, 92), (165, 93), (172, 96)))
_EYES = ((99, 95, 121, 107), (143, 97, 167, 109))
_NOSE = ((124, 104), (118, 126), (122, 132), (132, 136), (142, 133), (146, 126), (140, 104))
_SMILE = ((109, 139), (120, 141), (140, 140), (157, 138), (151, 148), (140, 155), (128, 157), (118, 152))
_SMALL_MOUTH = ((118, 141), (126, 139), (138, 139), (148, 141), (143, 150), (133, 154), (123, 151))


def face_map(hair: tuple[tuple[int, int], ...] = _HAIR, mouth: tuple[tuple[int, int], ...] = _SMILE) -> Image.Image:
    """A map of the face in ``faces``, with that hair and mouth."""
    image = Image.new("RGB", (_FACE, _FACE), "lightgray")
    draw = ImageDraw.Draw(image)
    draw.polygon(_SUIT, "darkorange")
    draw.polygon(_SKIN, "peachpuff")
    draw.polygon(hair, "saddlebrown")
    for brow in _BROWS:
        draw.line(brow, "black", 5)
    for eye in _EYES:
        draw.ellipse(eye, "white")
    draw.polygon(_NOSE, "pink")
    draw.polygon(mouth, "crimson")
    return image


def faces() -> None:
    """A face with other hair, and with another mouth, by one model that was trained on it for a minute.

    The photo is NASA's of Eileen Collins, in the public domain, as it comes with scikit-image.
    """
    from skimage import data

    photo = Image.fromarray(data.astronaut()).crop((92, 0, 92 + _FACE, _FACE))
    own = face_map()
    targets = [face_map(_SHORT_HAIR), face_map(mouth=_SMALL_MOUTH)]
    short = {"steps": 300}  # a fifth of the usual training: the map says nearly all here
    made = [calotype.relayout(photo, own, target, engine="analogy", settings=short)[0] for target in targets]
    labels = ["the photo", "short hair", "another mouth", "its map", *["--engine analogy --set steps=300"] * 2]
    strip("faces", [photo, *targets, own, *made], labels, 3, _FACE)


_MODEL, _FACES = HERE.parent / "examples" / "models" / "faces", HERE.parent / "examples" / "faces"


def embedded() -> None:
    """Two drawn faces in the example model: at once, embedded, and edited."""
    faces = [Image.open(_FACES / f"{name}.png") for name in ("first", "second")]
    previews = [calotype.embed(face, model=_MODEL, preview=True)[0] for face in faces]
    found = [calotype.embed(face, model=_MODEL) for face in faces]
    one, other = (each.latents[0] for each in found)
    moved = [
        calotype.adjust(one, model=_MODEL, component=component, strength=strength)[0]
        for component, strength in ((1, -1), (2, -1), (3, 1))
    ]
    crossed = [calotype.crossover(*pair, model=_MODEL)[0] for pair in ((one, other), (other, one))]
    between = calotype.morph(one, other, model=_MODEL, frames=3).frames[1]
    images = [faces[0], previews[0], found[0][0], *moved, faces[1], previews[1], found[1][0], *crossed, between]
    labels = ["a face", "--preview", "embed", "component 1, -1", "component 2, -1", "component 3, 1"]
    labels += ["another", "--preview", "embed", "crossover", "the other way", "morph, halfway"]
    enlarged = [image.convert("RGB").resize((_CELL, _CELL), Image.Resampling.NEAREST) for image in images]
    strip("embedded", enlarged, labels, 6, _CELL)


_CELL = 160
_NARROW = 240


def widths() -> None:
    """A film of a photo that gets narrow and wide, by one trained model."""
    photo = opened("pagoda")
    photo.thumbnail((_NARROW, _NARROW), Image.Resampling.LANCZOS)
    films = [
        calotype.retarget(photo, engine="ingan", factor=factor, film="webp", frames=frames).films[0].frames
        for factor, frames in (("0.6x1", 20), ("1.8x1", 28))
    ]
    width = films[1][0].width
    frames = [on_white(frame, width) for film in films for frame in film]
    frames[0].save(
        OUT / "widths.webp", save_all=True, append_images=frames[1:], format_duration=90, loop=0, quality=68, method=6
    )


def on_white(frame: Image.Image, width: int) -> Image.Image:
    """A frame in the middle of a canvas of that width."""
    canvas = Image.new("RGB", (width, frame.height), "white")
    canvas.paste(frame, ((width - frame.width) // 2, 0), frame if frame.mode == "RGBA" else None)
    return canvas


PICTURES = {
    "vary": variations,
    "structure": structures,
    "sizes": sizes,
    "trained": trained,
    "paint": paintings,
    "edit": edits,
    "harmonize": harmonies,
    "erase": erasures,
    "expand": expansions,
    "texture": materials,
    "stylize": styles,
    "mix": mixtures,
    "analogy": analogies,
    "remix": remixes,
    "from_photos": from_photos,
    "looks": looks,
    "shapes": forms,
    "relayout": layouts,
    "relayout_learned": learned_layouts,
    "faces": faces,
    "embedded": embedded,
    "maps": maps,
    "upscale": enlargements,
    "animate": films,
    "widths": widths,
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or PICTURES:
        PICTURES[wanted]()
