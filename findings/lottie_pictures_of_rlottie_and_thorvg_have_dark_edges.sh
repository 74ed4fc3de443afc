#!/usr/bin/env bash
# rlottie-python and thorvg-python give Pillow pictures whose colours are multiplied by alpha, so that soft edges are
# dark.
#
# Guess before running: a red shape of opacity 50 in a Lottie animation is rendered as (255, 0, 0, 128), to 2 levels
# (guess 261; it was doubted).
# Found (rlottie-python 1.3.8, thorvg-python 1.1.3): (125, 0, 0, 125) and (127, 0, 0, 127). render_pillow_frame() and
# get_pillow() say RGBA, which in Pillow and in PNG files means colours that are not multiplied by alpha; saved as a
# sticker or composited, half-transparent parts and all soft edges come out too dark, and alpha counts twice.
# thorvg-python has the other form as Colorspace.ABGR8888S; after rlottie, read the picture as mode "RGBa" and convert
# it.
# Source: rlottie_python/rlottie_wrapper.py, render_pillow_frame (frombuffer("RGBA", ..., "BGRA") of what rlottie
# draws); thorvg_python, SwCanvas.set_target (Colorspace.ABGR8888 by default).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'rlottie-python==1.3.8' 'thorvg-python==1.1.3' 'pillow==13.0.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import json
import sys

import thorvg_python as tvg
from PIL import Image
from rlottie_python import LottieAnimation

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("rlottie-python", "thorvg-python", "pillow")), sep=", ")


def fixed(value):
    return {"a": 0, "k": value}


place = {"p": fixed([0, 0]), "a": fixed([0, 0]), "s": fixed([100, 100]), "r": fixed(0), "o": fixed(100)}
square = [
    {"ty": "rc", "d": 1, "s": fixed([40, 40]), "p": fixed([0, 0]), "r": fixed(0)},
    {"ty": "fl", "c": fixed([1, 0, 0, 1]), "o": fixed(100), "r": 1},
    {"ty": "tr", **place, "sk": fixed(0), "sa": fixed(0)},
]
layer = {
    "ddd": 0, "ind": 1, "ty": 4, "nm": "square", "sr": 1, "ip": 0, "op": 30, "st": 0, "bm": 0, "ao": 0,
    "ks": {"o": fixed(50), "r": fixed(0), "p": fixed([32, 32, 0]), "a": fixed([0, 0, 0]), "s": fixed([100, 100, 100])},
    "shapes": [{"ty": "gr", "it": square}],
}
text = json.dumps({"v": "5.5.7", "fr": 30, "ip": 0, "op": 30, "w": 64, "h": 64, "ddd": 0, "assets": [], "layers": [layer]})
with open("square.json", "w") as file:
    file.write(text)


def thorvg(space):
    engine = tvg.Engine()
    canvas = tvg.SwCanvas(engine)
    canvas.set_target(64, 64, cs=space)
    picture = tvg.Picture(engine)
    picture.load("square.json")
    picture.set_size(64, 64)
    canvas.add(picture)
    canvas.update()
    canvas.draw(True)
    canvas.sync()
    return canvas.get_pillow()


rlottie = LottieAnimation.from_data(text).render_pillow_frame(frame_num=0)
again = Image.frombytes("RGBa", rlottie.size, rlottie.tobytes()).convert("RGBA")
pictures = {
    "rlottie": rlottie,
    "rlottie, taken for RGBa": again,
    "thorvg": thorvg(tvg.Colorspace.ABGR8888),
    "thorvg, ABGR8888S": thorvg(tvg.Colorspace.ABGR8888S),
}
middle = {name: picture.getpixel((32, 32)) for name, picture in pictures.items()}
for name, pixel in middle.items():
    print(f"{name}: mode {pictures[name].mode}, red at half opacity is {pixel}")
dark = [120 < middle[name][0] < 132 and middle[name][0] == middle[name][3] for name in ("rlottie", "thorvg")]
right = [middle[name][0] > 252 and 120 < middle[name][3] < 132 for name in ("rlottie, taken for RGBa", "thorvg, ABGR8888S")]
holds = all(dark) and all(right)
print("colours are multiplied by alpha" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
