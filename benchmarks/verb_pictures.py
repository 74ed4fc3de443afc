"""The studio's pictures of what each verb does, made of the shipped photos: ``python benchmarks/verb_pictures.py``.

Seeds are the first ones. ``python benchmarks/verb_pictures.py vary erase`` makes only these. What takes minutes to make
is cut out of the README's pictures, which ``gallery.py`` makes.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

import calotype
import gallery

OUT = Path(__file__).parent.parent / "src" / "calotype" / "studio" / "page" / "verbs"
WIDTH, HEIGHT, GAP = 320, 200, 3
SMALL = 320
QUALITY = 30


def photo(name: str, side: int = SMALL) -> Image.Image:
    image = Image.open(gallery.PHOTOS / f"{name}.jpg").convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def beside(*images: Image.Image, widths: tuple[float, ...] | None = None) -> Image.Image:
    """Parts of pictures side by side, each filling its strip."""
    shares = widths or (1.0,) * len(images)
    canvas, left = Image.new("RGB", (WIDTH, HEIGHT), "white"), 0.0
    room = WIDTH - GAP * (len(images) - 1)
    for image, share in zip(images, shares, strict=True):
        width = room * share / sum(shares)
        fitted = ImageOps.fit(
            image.convert("RGB"), (round(left + width) - round(left), HEIGHT), Image.Resampling.LANCZOS
        )
        canvas.paste(fitted, (round(left), 0))
        left += width + GAP
    return canvas


def cell(sheet: str, side: int, column: int, top: int, height: int) -> Image.Image:
    """One picture of a sheet of the README's, where making it again would take minutes."""
    left = 8 + column * (side + 8)
    inside = 4  # the frame around the first one
    box = (left + inside, top + inside, left + side - inside, top + height - inside)
    return Image.open(gallery.OUT / f"{sheet}.jpg").convert("RGB").crop(box)


def vary() -> Image.Image:
    made = calotype.vary(photo("stream"), n=2, structure="free")
    return beside(photo("stream"), made[0], made[1])


def retarget() -> Image.Image:
    given = photo("pagoda", 240)
    made = calotype.retarget(given, factor="1.7x1")[0]
    return beside(given, made, widths=(1, 1.9))


def paint() -> Image.Image:
    given = photo("mountains")
    sketch = gallery.sketched(given.size)
    return beside(sketch, calotype.paint(given, sketch)[0])


def harmonize() -> Image.Image:
    given = photo("galaxies")
    pasted = given.copy()
    x, y, r = given.width // 2, given.height // 2, 46
    draw = ImageDraw.Draw(pasted)
    draw.ellipse((x - r, y - 0.8 * r, x + r, y + 0.8 * r), fill=(230, 180, 120))
    draw.ellipse((x - 0.6 * r, y - 0.6 * r, x + 0.1 * r, y - 0.05 * r), fill=(255, 215, 155))
    box = (x - 75, y - 90, x + 75, y + 90)
    return beside(pasted.crop(box), calotype.harmonize(given, pasted)[0].crop(box))


def edit() -> Image.Image:
    given = photo("mountains")
    edited = gallery.moved(given)
    return beside(edited, calotype.edit(given, edited)[0])


def erase() -> Image.Image:
    given = photo("dandelions", 400)
    mask = gallery.marked(given.size, ((0.1, -0.02, 0.5, 0.62), (0.25, 0.4, 0.4, 1.1)))
    box = (0, 0, int(0.65 * given.width), given.height)
    shown = given.copy()
    shown.paste(Image.blend(given, Image.new("RGB", given.size, (236, 62, 84)), 0.55), mask=mask)
    return beside(shown.crop(box), calotype.erase(given, mask=mask)[0].crop(box))


def expand() -> Image.Image:
    given = photo("stream", 200)
    made = calotype.expand(given, left=70, right=70, top=10, bottom=10)[0]
    canvas = ImageOps.fit(made, (WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    scale = max(WIDTH / made.width, HEIGHT / made.height)
    x, y = (WIDTH - given.width * scale) / 2, (HEIGHT - given.height * scale) / 2
    for width, colour in ((4, (0, 0, 0)), (2, (255, 255, 255))):
        ImageDraw.Draw(canvas).rectangle((x, y, WIDTH - x, HEIGHT - y), outline=colour, width=width)
    return canvas


def texture() -> Image.Image:
    given = photo("galaxies", 480)
    w, h = given.size
    sample = given.crop((int(0.2 * w), int(0.2 * h), int(0.6 * w), int(0.6 * h)))
    return beside(sample.crop((30, 0, 130, sample.height)), cell("texture", 360, 1, 338, 300), widths=(1, 2.4))


def stylize() -> Image.Image:
    given, style = photo("dandelions"), photo("stream")
    made = calotype.stylize(given, style)[0]
    return beside(style, made.crop((0, 0, int(0.62 * made.width), made.height)), widths=(1, 1.7))


def mix() -> Image.Image:
    given, other = photo("mountains"), photo("stream")
    return beside(given, calotype.mix(given, other)[0], other, widths=(1, 1.8, 1))


def analogy() -> Image.Image:
    return beside(*(cell("analogy", 300, column, 8, 225) for column in (2, 3)))


def relayout() -> Image.Image:
    return beside(*(cell("relayout", 300, column, 8, 225) for column in (0, 2, 3)))


def draw() -> Image.Image:
    """A layout and a picture of it, by the example model."""
    layout = gallery.HERE.parent / "examples" / "layouts" / "lake.png"
    made = calotype.draw(layout, model=gallery.HERE.parent / "examples" / "models" / "landscapes", seed=1)[0]
    return beside(Image.open(layout).convert("RGB"), made.convert("RGB"))


def remix() -> Image.Image:
    """A photo, and the same from a deep level."""
    given = photo("dandelions")
    return beside(given, calotype.remix(given, level=0.9)[0])


def translate() -> Image.Image:
    """The edges of a digit, and the digit drawn of them, from the picture of `bicyclegan`."""
    return parts_of("bicyclegan.png", (320, 0, 384, 64), (320, 128, 384, 192))


def repose() -> Image.Image:
    """An identity, a pose, and both together, from the picture of `disentangle`."""
    return parts_of("disentangle.jpg", (0, 0, 128, 128), (128, 0, 256, 128), (256, 0, 384, 128))


def scene() -> Image.Image:
    """A scene, and the same with an object moved, from the picture of `control3d`."""
    return parts_of("control3d.jpg", (0, 0, 130, 130), (134, 0, 264, 130))


def turntable() -> Image.Image:
    """A scene from the front and from the side."""
    return parts_of("control3d.jpg", (0, 0, 130, 130), (396, 0, 526, 130))


def parts_of(name: str, *boxes: tuple[int, int, int, int]) -> Image.Image:
    """Parts of a picture of the README's, side by side."""
    given = Image.open(gallery.OUT / "systems" / name).convert("RGB")
    return beside(*(given.crop(box) for box in boxes))


def restyle() -> Image.Image:
    """An example face, and the same with other hair and other clothes."""
    examples = gallery.HERE.parent / "examples"
    face, labels = (examples / "layouts" / f"face{end}.png" for end in ("_photo", ""))
    model = examples / "models" / "parts"
    made = calotype.restyle(face, labels, model=model, classes="hair,clothes", seed=0)[0]
    large = [each.convert("RGB").resize((256, 256), Image.Resampling.NEAREST) for each in (Image.open(face), made)]
    return beside(*large)


def embedded(*cells: tuple[int, int]) -> Image.Image:
    """Faces of the README's picture of embedded ones, by column and row."""
    step = gallery._CELL + 8
    sheet = Image.open(gallery.OUT / "embedded.jpg").convert("RGB")
    inside, room = 8, 152
    tops = (8, sheet.height // 2 + 2)
    corners = [(8 + column * step, tops[row]) for column, row in cells]
    return beside(*(sheet.crop((x + inside, y + 6, x + room, y + room)) for x, y in corners))


def embed() -> Image.Image:
    return embedded((0, 0), (2, 0))


def adjust() -> Image.Image:
    return embedded((2, 0), (4, 0))


def crossover() -> Image.Image:
    return embedded((2, 0), (2, 1), (3, 1))


def morph() -> Image.Image:
    return embedded((2, 0), (5, 1), (2, 1))


def faces_of(*codes: object) -> Image.Image:
    """Pictures of latent codes of the example model, enlarged."""
    side = 160
    pictures = [code.convert("RGB").resize((side, side), Image.Resampling.NEAREST) for code in codes]  # type: ignore[attr-defined]
    return beside(*pictures)


def transfer() -> Image.Image:
    """What two samples differ in, added to an embedded face."""
    model = gallery._MODEL
    first = calotype.embed(Image.open(gallery._FACES / "first.png"), model=model)
    code = first.latents[0]
    darker = calotype.adjust(code, model=model, component=2, strength=-1).latents[0]
    second = calotype.embed(Image.open(gallery._FACES / "second.png"), model=model)
    made = calotype.transfer(second.latents[0], code, darker, model=model)
    before, after = first[0], calotype.adjust(code, model=model, component=2, strength=-1)[0]
    return faces_of(before, after, second[0], made[0])


def interpolate() -> Image.Image:
    frames = calotype.interpolate(gallery._MODEL, seed=3, to_seed=8, frames=4).frames
    return faces_of(*frames)


def segment() -> Image.Image:
    return beside(*(cell("maps", 280, 1, top, 187) for top in (19, 259)))


def edges() -> Image.Image:
    return beside(*(cell("maps", 280, 1, top, 187) for top in (19, 499)))


def upscale() -> Image.Image:
    pictures = [cell("upscale", 400, column, 8, 267) for column in (0, 2)]
    return beside(
        *(one.crop((int(0.1 * one.width), 0, int(0.55 * one.width), int(0.75 * one.height))) for one in pictures)
    )


def animate() -> Image.Image:
    """Frames on a strip of film: what moves in them cannot be seen in one picture, that it is a film can."""
    film = Image.open(gallery.OUT / "animate.webp")
    canvas = Image.new("RGB", (WIDTH, HEIGHT), (22, 20, 19))
    draw, edge, side = ImageDraw.Draw(canvas), 26, 152
    for place, number in enumerate((0, 5, 10)):
        film.seek(number)
        frame = ImageOps.fit(film.convert("RGB"), (side, HEIGHT - 2 * edge), Image.Resampling.LANCZOS)
        canvas.paste(frame, (place * (side + 8) - 74, edge))
    for x in range(6, WIDTH, 22):
        for y in (8, HEIGHT - 19):
            draw.rounded_rectangle((x, y, x + 11, y + 11), 2.5, (240, 236, 230))
    return canvas


def train() -> Image.Image:
    return beside(*(cell("trained", 300, column, 8, 225) for column in (0, 1, 3)))


def grid(images: list[Image.Image], columns: int, rows: int) -> Image.Image:
    """Pictures in rows, each filling its cell."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for number, image in enumerate(images[: columns * rows]):
        left, right = (round(i * (WIDTH + GAP) / columns) for i in (number % columns, number % columns + 1))
        top, bottom = (round(i * (HEIGHT + GAP) / rows) for i in (number // columns, number // columns + 1))
        size = (right - left - GAP, bottom - top - GAP)
        canvas.paste(ImageOps.fit(image.convert("RGB"), size, Image.Resampling.LANCZOS), (left, top))
    return canvas


def many() -> list[Image.Image]:
    """Forty small pictures in the manner of each of three photos: a set to learn from."""
    names = ("mountains", "stream", "pagoda")
    made = [calotype.vary(photo(name, 120), n=40, structure="loose").images for name in names]
    return [image for together in zip(*made) for image in together]


def learn() -> Image.Image:
    return grid(many(), 6, 5)


def sample() -> Image.Image:
    """What a model has learned from these in 1500 steps: on two processors ten minutes."""
    settings = {"size": (32, 48), "macro": 16, "micro": 8, "steps": 1500}
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(many()):
            image.save(Path(folder) / f"{number:03d}.png")
        model = calotype.train("cocogan", folder, settings=settings, device="cpu", out=Path(folder) / "model")
        return grid(calotype.sample(model.folder, n=12, device="cpu").images, 4, 3)


def panorama() -> Image.Image:
    """A picture whose ends meet, bent into the round on which a panorama lies."""
    given = calotype.vary(photo("mountains", 144), size="420x96", structure="loose", tile="x")[0]
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    strip = given.resize((int(WIDTH * math.pi / 2) * 2, 118), Image.Resampling.LANCZOS)
    pixels, shown = strip.load(), canvas.load()
    assert pixels is not None
    assert shown is not None
    half, bend = WIDTH / 2, 26
    for back in (True, False):  # the far side of the round is seen over the near one
        for x in range(WIDTH):
            angle = math.asin(max(-1.0, min(1.0, (x + 0.5 - half) / half)))
            turn = (math.pi - angle if back else angle) / (2 * math.pi) % 1
            depth = math.cos(angle) * (-bend if back else bend)
            for y in range(strip.height):
                red, green, blue = pixels[int(turn * strip.width), y]  # type: ignore[misc]
                if back:
                    red, green, blue = (int(0.55 * one + 0.45 * 255) for one in (red, green, blue))
                shown[x, int(y + (HEIGHT - strip.height) / 2 + depth)] = (red, green, blue)
    return canvas


def evaluate() -> Image.Image:
    given = photo("galaxies")
    made = calotype.vary(given, n=1, structure="free")
    canvas = beside(given, made[0])
    draw = ImageDraw.Draw(canvas, "RGBA")
    for i, share in enumerate((0.82, 0.55, 0.68)):
        y = HEIGHT - 62 + 19 * i
        draw.rounded_rectangle((40, y, WIDTH - 40, y + 11), 5, (255, 255, 255, 110))
        draw.rounded_rectangle((40, y, 40 + (WIDTH - 80) * share, y + 11), 5, (255, 255, 255, 235))
    return canvas


def dissect() -> Image.Image:
    """Samples of the example's faces under a drawing of what dissection shows: bars that nothing was measured for."""
    model = Path(__file__).parent.parent / "examples" / "models" / "faces"
    canvas = grid(calotype.sample(model, n=12, device="cpu").images, 4, 3)
    draw = ImageDraw.Draw(canvas, "RGBA")
    for i, (real, made) in enumerate(((0.82, 0.8), (0.6, 0.56), (0.4, 0.02))):
        y = HEIGHT - 76 + 23 * i
        colour = (238, 119, 51, 255) if made > 0.1 else (187, 34, 51, 255)
        draw.rounded_rectangle((40, y, 40 + (WIDTH - 80) * real, y + 15), 5, (255, 255, 255, 200), (68, 119, 170), 2)
        draw.rounded_rectangle((40, y, 44 + (WIDTH - 80) * made, y + 15), 5, colour)
    return canvas


def invert() -> Image.Image:
    """Two faces and two other photos, and below each what the example's model makes of it."""
    root = Path(__file__).parent.parent / "examples"
    with tempfile.TemporaryDirectory() as folder:
        given = [Path(folder, f"{i}.png") for i in range(4)]
        shown = [Image.open(root / "faces" / name) for name in ("first.png", "second.png")]
        for path, image in zip(given, (*shown, photo("dandelions"), photo("pagoda"))):
            ImageOps.fit(image.convert("RGB"), (128, 128), Image.Resampling.LANCZOS).save(path)
        calotype.invert(root / "models" / "faces", given, method="z", steps=150, out=f"{folder}/out", device="cpu")
        made = [Path(folder, "out", path.name) for path in given]
        return grid([Image.open(path).convert("RGB") for path in (*given, *made)], 4, 2)


def align() -> Image.Image:
    """A portrait that was tilted, with the places of eyes and mouth, and its face as it is aligned by them."""
    portrait, turn, side = cell("faces", 272, 0, 8, 272), math.radians(12), 220
    places = []
    for x, y in ((107, 97), (151, 98), (127, 141)):  # of the portrait; those of the tilted one are around its middle
        x, y = x - portrait.width / 2, y - portrait.height / 2
        places.append(
            (side / 2 + x * math.cos(turn) + y * math.sin(turn), side / 2 + y * math.cos(turn) - x * math.sin(turn))
        )
    left = (portrait.width - side) // 2
    tilted = portrait.rotate(math.degrees(turn), Image.Resampling.BICUBIC).crop((left, left, left + side, left + side))
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        photos.mkdir()
        tilted.save(photos / "a.png")
        row = {"file": "a.png", "eyes": places[:2], "mouth": places[2]}
        Path(folder, "places.jsonl").write_text(json.dumps(row))
        made = calotype.align(photos, places=Path(folder, "places.jsonl"), size=256, out=Path(folder, "out"))
        aligned = Image.open(made.paths[0]).convert("RGB")
    large = tilted.resize((4 * side, 4 * side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(large)
    for x, y in places:
        draw.ellipse((4 * x - 14, 4 * y - 14, 4 * x + 14, 4 * y + 14), "white", (68, 119, 170), 5)
    return beside(large, aligned)


def directions() -> Image.Image:
    """Two embedded faces along a direction of the example model, which stands for one that was learned."""
    model, made = gallery._MODEL, []
    for name in ("first.png", "second.png"):
        code = calotype.embed(Image.open(gallery._FACES / name), model=model).latents[0]
        along = (calotype.adjust(code, model=model, component=2, strength=strength)[0] for strength in (-1.2, 0, 1.2))
        made += [one.convert("RGB").resize((160, 160), Image.Resampling.NEAREST) for one in along]
    canvas, y = grid(made, 3, 2), HEIGHT // 2
    draw = ImageDraw.Draw(canvas)
    draw.line((24, y, WIDTH - 34, y), (68, 119, 170), 6)
    draw.polygon(((WIDTH - 40, y - 11), (WIDTH - 40, y + 11), (WIDTH - 18, y)), (68, 119, 170))
    return canvas


PICTURES = (
    *(vary, retarget, paint, harmonize, edit, erase, expand, texture, stylize, mix, upscale, animate),
    *(
        analogy,
        relayout,
        draw,
        remix,
        restyle,
        translate,
        repose,
        scene,
        turntable,
        segment,
        edges,
        train,
        evaluate,
        dissect,
        invert,
        align,
        directions,
        learn,
        sample,
        panorama,
        embed,
        adjust,
        crossover,
        morph,
        transfer,
        interpolate,
    ),
)

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for make in PICTURES:
        if not sys.argv[1:] or make.__name__ in sys.argv[1:]:
            make().save(OUT / f"{make.__name__}.webp", quality=QUALITY, method=6)
            print(make.__name__, flush=True)
