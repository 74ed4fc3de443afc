#!/usr/bin/env bash
# The package apng joins PNG files with a palette each so that all frames have the colours of the first.
#
# Guess before running: PNG files with a palette each, joined by APNG.from_files, show each frame in its own colours
# (guess 263; it was doubted).
# Found (apng 0.3.4): a red, a green and a blue picture of mode P become three red frames. An APNG file has one header
# and one palette, those of the first file; the pixels of the others are copied as they are. Nothing is said, and
# programs that make PNG files small (pngquant, zopfli, Pillow's quantize) give each file a palette of its own. Convert
# all frames to RGB or RGBA before they are joined.
# Source: apng/__init__.py, APNG.to_bytes (chunks of the header of the first file alone).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'apng==0.3.4' 'pillow==13.0.0'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

from apng import APNG
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("apng", "pillow")), sep=", ")
colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def frames(name):
    picture = Image.open(name)
    seen = []
    for index in range(picture.n_frames):
        picture.seek(index)
        seen.append(picture.convert("RGB").getpixel((8, 8)))
    return seen


shown = {}
for mode in ("P", "RGB"):
    names = []
    for index, colour in enumerate(colours):
        names.append(f"{mode}{index}.png")
        picture = Image.new("RGB", (16, 16), colour)
        (picture.quantize(2) if mode == "P" else picture).save(names[-1])
    alone = [Image.open(name).convert("RGB").getpixel((8, 8)) for name in names]
    APNG.from_files(names, delay=100).save(f"{mode}.png")
    shown[mode] = frames(f"{mode}.png")
    print(f"mode {mode}: the files {alone}, the frames {shown[mode]}")
holds = shown["RGB"] == colours and shown["P"] == [colours[0]] * 3
print("all frames have the first palette" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
