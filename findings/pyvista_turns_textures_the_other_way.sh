#!/usr/bin/env bash
# PyVista's Texture.rotate_cw turns a texture counter-clockwise, and rotate_ccw clockwise.
#
# Guess, from memory and not written down (it was seen while guess 217 was run): rotate_cw turns a texture clockwise, as
# its name and its documentation say.
# Found (pyvista 0.49.1): a mark at the top left of a picture is at the bottom left after rotate_cw, and at the top
# right after rotate_ccw, as it is seen on a plane as well. flip_x and flip_y mirror the picture from left to right and
# from top to bottom. A texture that was turned to match texture coordinates is off by half a turn. Turn the array
# before it becomes a texture: Texture(numpy.rot90(array, -1)) is turned clockwise.
# Source: pyvista/plotting/texture.py, rotate_cw (np.rot90 of the array, whose first row is the upper edge).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pyvista==0.49.1' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import pyvista
from PIL import Image

pixels = np.random.default_rng(0).integers(0, 200, (5, 7, 3), dtype=np.uint8)
pixels[0, 0] = 255  # the mark
Image.fromarray(pixels).save("picture.png")
texture = pyvista.read_texture("picture.png")
print(f"pyvista {pyvista.__version__}")


def mark(array):
    row, column = np.argwhere((array == 255).all(2))[0]
    return f"{'bottom' if row else 'top'} {'right' if column else 'left'}"


turned = {"as read": texture, "rotate_cw": texture.rotate_cw(), "rotate_ccw": texture.rotate_ccw()}
found = {name: made.to_array() for name, made in turned.items()}
for name, array in found.items():
    print(f"{name}: the mark is at the {mark(array)}")
clockwise = np.asarray(Image.open("picture.png").transpose(Image.Transpose.ROTATE_270))
print(f"Pillow, a quarter turn clockwise: the mark is at the {mark(clockwise)}")
holds = np.array_equal(found["as read"], pixels) and mark(found["rotate_cw"]) == "bottom left"
holds = holds and np.array_equal(found["rotate_cw"], np.rot90(pixels)) and np.array_equal(found["rotate_ccw"], np.rot90(pixels, -1))
print("it turns the other way" if holds else "it turns as it says")
sys.exit(0 if holds else 1)
PYTHON
