"""The picture of each engine and model: ``python benchmarks/system_pictures.py`` writes ``docs/images/systems``.

Left the input, right the result. Results that take minutes are cut out of the sheets that ``gallery.py`` makes. Seeds
are the first ones. ``python benchmarks/system_pictures.py gpdm`` makes only that one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PIL import Image

import calotype
import gallery
from verb_pictures import cell, photo

OUT = gallery.OUT / "systems"
HEIGHT, GAP = 130, 4

Pair = tuple[Image.Image, Image.Image]


def gpdm() -> Pair:
    given = photo("stream")
    return given, calotype.vary(given, engine="gpdm")[0]


def imageanalogies() -> Pair:
    given = photo("mountains")
    target = gallery.as_it_might_be(given.size)
    return target, calotype.analogy(given, target, before=gallery.as_it_is(given.size), engine="imageanalogies")[0]


def dia() -> Pair:
    given = photo("pagoda")
    return given, calotype.stylize(given, photo("stream"), engine="dia")[0]


def cut(sheet: str, side: int, columns: tuple[int, int], height: int, tops: tuple[int, int] = (8, 8)) -> Pair:
    """Two cells of a sheet, ``side`` pixels wide; ``tops`` are where they begin."""
    left, right = (cell(sheet, side, column, top, height) for column, top in zip(columns, tops))
    return left, right


def cocogan() -> Pair:
    """Pictures of 32 pixels, enlarged, and of 64."""
    sheet = Image.open(gallery.OUT / "people.jpg").convert("RGB")
    large = sheet.width // 10  # two rows of twenty small ones, two rows of ten large ones
    top = sheet.height - 2 * large
    return sheet.crop((0, 0, 2 * large, large)), sheet.crop((0, top, 2 * large, top + large))


def spade() -> Pair:
    """A layout, and two pictures of it by the example model."""
    layout = gallery.HERE.parent / "examples" / "layouts" / "lake.png"
    made = calotype.draw(layout, model=gallery.HERE.parent / "examples" / "models" / "landscapes", n=2)
    both = Image.new("RGB", (2 * made[0].width + 1, made[0].height), "white")
    for i, each in enumerate(made):
        both.paste(each.convert("RGB"), (i * (each.width + 1), 0))
    return Image.open(layout), both


def smis() -> Pair:
    """A face's map, and three faces that differ in the look of the hair alone."""
    layouts = gallery.HERE.parent / "examples" / "layouts"
    model, labels = gallery.HERE.parent / "examples" / "models" / "parts", layouts / "face.png"
    made = calotype.restyle(layouts / "face_photo.png", labels, model=model, classes="hair", n=3)
    all_ = Image.new("RGB", (3 * (HEIGHT + 1), HEIGHT), "white")
    for i, each in enumerate(made):
        all_.paste(each.convert("RGB").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), (i * (HEIGHT + 1), 0))
    return Image.open(labels).convert("RGB").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), all_


def enlarged(engine: str, size: int) -> Pair:
    """A part of a small photo, with its pixels as squares and enlarged."""
    given = photo("pagoda" if engine == "span" else "mountains")
    given.thumbnail((size, size), Image.Resampling.LANCZOS)
    made = calotype.upscale(given, factor=4, engine=engine)[0]
    squares = given.resize(made.size, Image.Resampling.NEAREST)
    area = (made.width // 4, made.height // 6, made.width // 4 + 200, made.height // 6 + 150)
    return squares.crop(area), made.crop(area)


def stylegan() -> Pair:
    """A face; and the same as the example model has it, with the colours of another face, and halfway to that one."""
    folder = gallery.HERE.parent / "examples"
    model = folder / "models" / "faces"
    faces = [Image.open(folder / "faces" / f"{name}.png") for name in ("first", "second")]
    one, other = (calotype.embed(face, model=model) for face in faces)
    codes = one.latents[0], other.latents[0]
    crossed = calotype.crossover(*codes, model=model)[0]
    between = calotype.morph(*codes, model=model, frames=3).frames[1]
    made = Image.new("RGB", (3 * HEIGHT + 2, HEIGHT), "white")
    for i, each in enumerate((one[0], crossed, between)):
        cell_ = each.convert("RGB").resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST)
        made.paste(cell_, (i * (HEIGHT + 1), 0))
    return faces[0], made


def pyramid() -> Pair:
    """A drawing, and what a model draws of its first, second, third and fifth level."""
    cells = [cell("pyramid", 96, column, 8, 96) for column in (0, 1, 2, 3, 5)]
    made = Image.new("RGB", (4 * (HEIGHT + 1), HEIGHT), "white")
    for i, each in enumerate(cells[1:]):
        made.paste(each.resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), (i * (HEIGHT + 1), 0))
    return cells[0].resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), made


def control3d() -> Pair:
    """A scene; and the same with an object moved, without it, and from the side."""
    cells = [cell("control3d_small", 96, column, 386, 96) for column in (0, 2, 3, 5)]
    made = Image.new("RGB", (3 * (HEIGHT + 1), HEIGHT), "white")
    for i, each in enumerate(cells[1:]):
        made.paste(each.resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), (i * (HEIGHT + 1), 0))
    return cells[0].resize((HEIGHT, HEIGHT), Image.Resampling.NEAREST), made


PICTURES: dict[str, Callable[[], Pair]] = {
    "gpnn": lambda: cut("vary", 300, (0, 1), 199),
    "gpdm": gpdm,
    "singan": lambda: cut("trained", 300, (0, 1), 225),
    "ingan": lambda: cut("shapes", 300, (0, 2), 199),
    "completion": lambda: cut("erase", 360, (1, 2), 202),
    "imageanalogies": imageanalogies,
    "dia": dia,
    "analogy": lambda: cut("relayout_learned", 260, (2, 4), 173),
    "superpixels": lambda: cut("maps", 280, (1, 1), 187, (19, 259)),
    "canny": lambda: cut("maps", 280, (1, 1), 187, (19, 499)),
    "hed": lambda: cut("maps", 280, (1, 1), 187, (19, 739)),
    "span": lambda: enlarged("span", 160),
    "zssr": lambda: enlarged("zssr", 160),
    "cocogan": cocogan,
    "control3d": control3d,
    "pyramid": pyramid,
    "smis": smis,
    "spade": spade,
    "stylegan": stylegan,
}


def beside(images: Pair) -> Image.Image:
    fitted = [image.convert("RGB").resize((round(image.width * HEIGHT / image.height), HEIGHT)) for image in images]
    canvas = Image.new("RGB", (sum(image.width for image in fitted) + GAP, HEIGHT), "white")
    canvas.paste(fitted[0], (0, 0))
    canvas.paste(fitted[1], (fitted[0].width + GAP, 0))
    return canvas


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for wanted in sys.argv[1:] or PICTURES:
        beside(PICTURES[wanted]()).save(OUT / f"{wanted}.jpg", quality=88, optimize=True)
