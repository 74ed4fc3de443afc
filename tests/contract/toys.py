"""Packages made by hand, just large enough to make sets of."""

import gzip
import io
import json
import pickle
import zipfile

import numpy as np
from packed import rcc_of
from PIL import Image

from calotype.data.sets import (
    animal_stripes,
    avatars,
    digit_colours,
    digits,
    emoji,
    face_edges,
    face_masks,
    face_styles,
    openmoji,
    paintings,
    people,
    photos,
    portraits,
    rooms,
    scenes,
    sprites,
)
from calotype.data.sets import faces as drawn_faces
from calotype.data.sets.furniture import KINDS


class Toy:
    """In the place of a fetched package."""

    package = "toys 1.0 (hand)"

    def __init__(self, files):
        self.contents = files
        self.papers = {}

    def files(self, wanted):
        yield from ((name, data) for name, data in self.contents.items() if wanted(name))


def png(array, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind)
    return buffer.getvalue()


def stamps():
    """A disc of its own colour for every cut-out, with clear corners."""
    names = [file for kind in scenes.KINDS.values() for file in kind.files]
    y, x = np.mgrid[-20:20, -15:15]
    files = {}
    for number, name in enumerate(names):
        rgba = np.zeros((40, 30, 4), np.uint8)
        rgba[..., :3] = (number * 37 % 256, number * 91 % 256, 128)
        rgba[..., 3] = 255 * ((y / 20) ** 2 + (x / 15) ** 2 < 1)
        files[f"usr/share/tuxpaint/stamps/{name}.png"] = png(rgba)
    return Toy(files)


def icons(style):
    """Three icons: one under its name, one under an alias, one that other styles lack."""
    square = f'<rect x="2" y="2" width="12" height="12" fill="#{style:02x}{style * 2:02x}80"/>'
    found = {
        "prefix": "toy",
        "width": 16,
        "height": 16,
        "icons": {"cake": {"body": square}, "round-cat": {"body": square}, f"own-{style}": {"body": square}},
        "aliases": {"cat": {"parent": "round-cat"}, "turned": {"parent": "cake", "rotate": 1}},
    }
    categories = {"Food": ["cake"], "Nature": ["cat", "turned", f"own-{style}"], "Symbols": ["cake-sign"]}
    return Toy(
        {
            "package/icons.json": json.dumps(found).encode(),
            "package/metadata.json": json.dumps({"categories": categories}).encode(),
        }
    )


def faces():
    """Two people in several tones, each tone its own grey, one under an alias; and one who is not seen from before."""
    found = {
        "prefix": "toy",
        "width": 128,
        "height": 128,
        "icons": {
            name: {"body": f'<circle cx="64" cy="64" r="48" fill="#{tone:02x}{tone:02x}{tone:02x}"/>'}
            for name, tone in {
                "girl": 0,
                "girl-dark-skin-tone": 50,
                "girl-medium-light-skin-tone": 20,
                "man-pilot": 0,
                "man-light-skin-tone-pilot": 10,
                "woman-running": 0,
            }.items()
        },
        "aliases": {"man-dark-skin-tone-pilot": {"parent": "girl-dark-skin-tone"}},
    }
    names = [*found["icons"], *found["aliases"], "girl-light-skin-tone"]
    return Toy(
        {
            "package/icons.json": json.dumps(found).encode(),
            "package/metadata.json": json.dumps({"categories": {"People & Body": names}}).encode(),
        }
    )


def drawings():
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">'
    box = head + '<rect x="9" y="9" width="54" height="54" %s/></svg>'
    entries = [
        {"hexcode": "1", "group": "food", "subgroups": "cake", "annotation": "cake", "skintone": ""},
        {"hexcode": "2", "group": "people", "subgroups": "hand", "annotation": "hand", "skintone": "1"},
        {"hexcode": "3", "group": "extras", "subgroups": "flags", "annotation": "flag", "skintone": ""},
        {"hexcode": "4", "group": "animals", "subgroups": "cat", "annotation": "cat", "skintone": ""},
    ]
    files = {"package/data/openmoji.json": json.dumps(entries).encode()}
    for code in "1234":
        files[f"package/color/svg/{code}.svg"] = (box % 'fill="red" stroke="black" stroke-width="4"').encode()
        files[f"package/black/svg/{code}.svg"] = (box % 'fill="none" stroke="black" stroke-width="4"').encode()
    return Toy(files)


def sheet_of_digits():
    """Every cell is as bright as its digit, with its column in its first pixel."""
    sheet = np.zeros((1000, 2000), np.uint8)
    for row in range(50):
        for column in range(100):
            sheet[row * 20 : row * 20 + 20, column * 20 : column * 20 + 20] = 20 + 20 * (row // 5)
    return Toy({"usr/share/doc/opencv-doc/examples/data/digits.png": png(sheet)})


def photographs():
    rng = np.random.default_rng(0)

    def photo(width, height):
        return png(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), "WEBP")

    clear = np.zeros((40, 40, 4), np.uint8)
    activities = "gcompris/src/activities/"
    erase = {f"{activities}erase/resource/{name}.webp": photo(90, 60) for name in ("horse", "crab")}
    erase[f"{activities}erase/resource/cut.webp"] = png(clear, "WEBP")
    fish = {f"{activities}categorization/resource/images/fishes/fish1.webp": photo(50, 70)}
    base = "usr/share/gcompris-qt/rcc/"
    return Toy({f"{base}erase.rcc": rcc_of(erase), f"{base}categorization.rcc": rcc_of(fish), **puzzles(base)})


def puzzles(base):
    """A painting of two pieces, the left one red and the right one blue, and a whole one in green."""
    folder = "gcompris/src/activities/paintings/resource/"
    flat = {name: np.zeros((40, 20, 3), np.uint8) + colour for name, colour in (("a", (255, 0, 0)), ("b", (0, 0, 255)))}
    pieces = {f"{folder}image/{name}.webp": png(pixels.astype(np.uint8), "WEBP") for name, pixels in flat.items()}
    board = 'qsTr("Katsushika Hokusai, A wave") "width": 80, "height": 60 '
    board += "".join(f'"image/{name}.webp", "x" : "{x}", "y" : "0.5" ' for name, x in (("a", 0.375), ("b", 0.625)))
    puzzle = {**pieces, f"{folder}board/board1_0.qml": board.encode()}
    green = np.zeros((50, 50, 3), np.uint8) + np.array([0, 255, 0], np.uint8)
    whole = {"gcompris/src/activities/details/resource/image/Gogh4_background.webp": png(green, "WEBP")}
    return {f"{base}paintings.rcc": rcc_of(puzzle), f"{base}details.rcc": rcc_of(whole)}


def painted():
    """Portraits on nothing: a red elf, a blue and a green human, a wolf, and one in which nothing is painted."""
    base = "usr/share/games/wesnoth/1.16/data/core/images/portraits/"
    files = {f"{base}elves/clear.png": png(np.zeros((40, 40, 4), np.uint8)), f"{base}elves/read.txt": b""}
    works = {"elves/archer": (255, 0, 0), "humans/mage": (0, 0, 255), "humans/lord+female": (0, 255, 0)}
    for name, colour in {**works, "wolves/young/wolf": (90, 90, 90)}.items():
        pixels = np.zeros((90, 80, 4), np.uint8)
        pixels[20:80, 10:60] = (*colour, 255)
        pixels[20:40, 10:30, 3] = 0  # a corner is clear
        files[f"{base}{name}.png"] = png(pixels)
    return Toy(files)


def figures():
    """Every layer is a block of its own colour, one for each part, at a place of its own."""
    files = {}
    base = "usr/share/games/flare/mods/fantasycore/"
    parts = [part for part in avatars.PARTS if part != "ground"]
    for sex in ("female", "male"):
        for part, names in avatars._WEAR.items():
            for name in set(names.split()) - {"-"}:
                rgba = np.zeros((8, 8, 4), np.uint8)
                rgba[..., 0], rgba[..., 3] = 30 * parts.index(part), 255
                rgba[-2:, :, 3] = 120  # its shadow
                text = [f"image=images/avatar/{sex}/{name}.png"]
                for action in ("stance", "run", "die"):
                    text += ["", f"[{action}]", "frames=1"]
                    text += [f"frame=0,{view},0,0,8,8,{4},{8 + 6 * parts.index(part)}" for view in range(8)]
                files[f"{base}images/avatar/{sex}/{name}.png"] = png(rgba)
                files[f"{base}animations/avatar/{sex}/{name}.txt"] = "\n".join(text).encode()
    return Toy(files)


def units():
    """Units whose frames differ in the place of a block, one with few frames, and a frame of another size."""
    base, files = "usr/share/games/wesnoth/1.16/data/core/images/units/", {}
    for number, name in enumerate(("drakes/burner", "elves/archer", "elves/archer+female")):
        for k, action in enumerate(("", "-defend-1", "-melee-1", "-melee-2", "-run-1", "-run-2")):
            rgba = np.zeros((72, 72, 4), np.uint8)
            rgba[20:40, 10 + 8 * k : 20 + 8 * k] = (60 * number + 60, 90, 40, 255)
            files[f"{base}{name}{action}.png"] = png(rgba)
    files[f"{base}orcs/few.png"] = files[f"{base}orcs/few-run-1.png"] = png(np.zeros((72, 72, 4), np.uint8))
    files[f"{base}elves/archer-large-1.png"] = png(np.zeros((90, 90, 4), np.uint8))
    return Toy(files)


def style_of_faces():
    """Skin everywhere but at the right; hair above, a mouth of two squares below, and glasses of some faces."""

    def path(way, colour):
        attributes = {"d": way, "fill": {"type": "color", "name": colour}}
        return {"name": "path", "type": "element", "attributes": attributes}

    def component(probability=100, **variants):
        return {"probability": probability, "variants": {name: {"elements": [one]} for name, one in variants.items()}}

    held = {
        "attributes": {"fill": "none", "shape-rendering": "crispEdges", "on<click": "x"},
        "canvas": {
            "width": 16,
            "height": 16,
            "elements": [
                path("M0 0h14v16H0z", "skin"),
                {"name": "mouth", "type": "component", "attributes": {"transform": "translate(4 10)"}},
                {"name": "glasses", "type": "component"},
                {"name": "hair", "type": "component"},
                {"name": "script", "type": "something else"},
            ],
        },
        "components": {
            "hair": component(short01=path("M0 0h14v3H0z", "hair"), long01=path("M0 0h14v5H0z", "hair")),
            "glasses": component(30, dark01=path("M2 6h8v2H2z", "glasses")),
            "mouth": component(happy01=path("M0 0h4v2H0z", "mouth"), sad01=path("M0 2h4v2H0z", "mouth")),
        },
        "colors": {
            name: {"values": values}
            for name, values in {
                "skin": ["#ffdbac", "#8d5524"],
                "hair": ["#603a14", "#bd1700"],
                "mouth": ["#de0f0d"],
                "glasses": ["#191919"],
            }.items()
        },
    }
    ink = {
        **held,
        "components": {
            "hair": component(variant01=path("M0 0h14v3H0z", "hair")),
            "glasses": component(10, variant01=path("M2 6h8v2H2z", "outline")),
            "beard": component(5, variant01=path("M2 12h8v2H2z", "hair")),
            "mouth": component(happy01=path("M0 0h4v1H0z", "outline"), sad01=path("M0 2h4v1H0z", "outline")),
        },
        "colors": {**held["colors"], "outline": {"values": ["#000000"]}},
    }
    files = {"pixel-art": held, "lorelei": ink}
    return Toy({f"dicebear_styles/{name}.json": json.dumps(one).encode() for name, one in files.items()})


def silhouettes():
    """Ten squares, of as many sides as their kind says."""
    pictures = np.zeros((10, 28, 28), np.uint8)
    for kind in range(10):
        pictures[kind, 4 : 9 + kind, 4 : 9 + kind] = 255
    folder = "animal_mnist/data/Animal_MNIST/"
    files = {"data": pictures, "label": np.arange(10)}
    packed = {name: gzip.compress(pickle.dumps(value, 4)) for name, value in files.items()}
    return Toy({f"{folder}animal_{name}_version_3.gz": content for name, content in packed.items()})


def furniture():
    """A box for each kind, 80 x 60 x 100 cm, red below and blue above, with a material of clear glass besides."""
    catalogue, files = [], {}
    corners = [(x, y, z) for y in (0, 0.5, 1) for z in (0, 1) for x in (0, 1)]
    sides = [(0, 1, 3, 2), (8, 10, 11, 9)]
    sides += [(a + h, b + h, b + h + 4, a + h + 4) for h in (0, 4) for a, b in ((0, 2), (2, 3), (3, 1), (1, 0))]
    low = [face for face in sides if max(face) < 8]
    faces = {"below": low, "above": [face for face in sides if face not in low], "glass": [(0, 1, 9, 8)]}
    lines = ["mtllib m.mtl", *("v {} {} {}".format(*corner) for corner in corners), "vt 0 0"]
    for material, each in faces.items():
        lines += [f"usemtl {material}", *("f " + " ".join(f"{n + 1}/1" for n in face) for face in each)]
    for number, names in enumerate(KINDS.values(), 1):
        folder = f"toy/{names[0]}"
        sizes = {"width": 80, "depth": 60, "height": 100}
        about = {"name": names[0], "creator": "hand", "model": f"/{folder}/m.obj", **sizes}
        catalogue += [f"{key}#{number}={value}" for key, value in about.items()]
        files[f"{folder}/m.obj"] = "\n".join(lines)
        files[f"{folder}/m.mtl"] = (
            "newmtl below\nKd 1 0 0\nnewmtl above\nKd 0 0 1\nmap_Kd C:\\no\\t.jpg\nnewmtl glass\nd 0.1"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as library:
        library.writestr("PluginFurnitureCatalog.properties", "\n".join(catalogue))
        for name, content in files.items():
            library.writestr(name, content)
    return Toy({"usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f": buffer.getvalue()})


# What each set is made of.
TOYS = {
    "rooms": (rooms, lambda: [furniture()]),
    "scenes": (scenes, lambda: [stamps()]),
    "emoji": (emoji, lambda: [icons(style) for style in range(len(emoji.STYLES))]),
    "people": (people, lambda: [faces()]),
    "faces": (drawn_faces, lambda: [style_of_faces()]),
    "openmoji": (openmoji, lambda: [drawings()]),
    "face_masks": (face_masks, lambda: [style_of_faces()]),
    "face_edges": (face_edges, lambda: [style_of_faces()]),
    "face_styles": (face_styles, lambda: [style_of_faces()]),
    "digit_colours": (digit_colours, lambda: [sheet_of_digits()]),
    "animal_stripes": (animal_stripes, lambda: [silhouettes()]),
    "digits": (digits, lambda: [sheet_of_digits()]),
    "photos": (photos, lambda: [photographs()]),
    "paintings": (paintings, lambda: [photographs()]),
    "portraits": (portraits, lambda: [photographs(), painted()]),
    "avatars": (avatars, lambda: [figures()]),
    "sprites": (sprites, lambda: [units()]),
}
