#!/usr/bin/env bash
# rembg darkens the soft edges of what it cuts out.
#
# Guess before running: remove of a red picture whose mask is 128 gives (255, 0, 0, 128), to 2 levels (guess 318; it was
# doubted).
# Found (rembg 2.0.86, Pillow 13.0.0): it gives (128, 0, 0, 128), and (64, 0, 0, 64) for a mask of 64: the colours are
# mixed with black by the mask, and whoever composites the file mixes them by alpha again. Hair and fur get a dark rim
# on a light ground: white cut out of white and laid on white is 191 where the mask is 128. The argument bgcolor has the
# same rim in it. Give putalpha=True, or take only_mask=True and put the mask into the picture with
# putalpha of Pillow; alpha_matting=True is right, too.
# Source: rembg/bg.py, naive_cutout (Image.composite with an empty picture, which mixes all four channels).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'rembg==2.0.86' 'onnxruntime==1.32.0' 'pillow==13.0.0' 'numpy>=2,<3'
NUMBA_DISABLE_JIT=1 "$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import sys

from PIL import Image
from rembg import remove


class Session:
    """Stands in for a network: its mask has one level everywhere."""

    def __init__(self, level):
        self.level = level

    def predict(self, picture, *args, **kwargs):
        return [Image.new("L", picture.size, self.level)]


def cut(colour, level, **options):
    return remove(Image.new("RGB", (32, 32), colour), session=Session(level), **options).getpixel((16, 16))


print(*(f"{name} {importlib.metadata.version(name)}" for name in ("rembg", "pillow")), sep=", ")
red, white = (255, 0, 0), (255, 255, 255)
found = {level: cut(red, level) for level in (255, 128, 64)}
print(f"red, by the level of the mask: {found}")
alpha = cut(red, 128, putalpha=True)
print(f"mask of 128 with putalpha=True: {alpha}")
ground = cut(white, 128, bgcolor=(255, 255, 255, 255))
print(f"white, mask of 128, on a white ground by bgcolor: {ground}")
holds = found == {255: (255, 0, 0, 255), 128: (128, 0, 0, 128), 64: (64, 0, 0, 64)}
holds = holds and alpha == (255, 0, 0, 128) and ground[0] < 200
print("colours are darkened by the mask" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
