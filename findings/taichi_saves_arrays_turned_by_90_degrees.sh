#!/usr/bin/env bash
# Taichi saves an array of rows and columns as a picture that is turned by 90 degrees.
#
# Guess before running: tools.imwrite of an array of 48 rows and 64 columns is read by Pillow as this array (guess
# 387; it was doubted).
# Found (taichi 1.7.4): it is a picture of 64 rows and 48 columns, numpy.rot90 of the array, as the first axis is x to
# the right and the second y upwards. Its text says that the shape is (height, width). tools.imread turns back, so
# that a trip through both hides it, and the shape of a square picture does not show it. A picture and its labels are
# turned against one another when one of them is saved by Taichi. Give numpy.rot90(array, -1), and numpy.rot90 of what
# imread gives.
# Source: taichi/tools/image.py (cook_image_to_bytes: swapaxes(0, 1)[::-1]; imread: swapaxes(0, 1)[:, ::-1]).
#
# Needs Python 3.10 to 3.13 and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'taichi==1.7.4' 'pillow>=11,<13' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import taichi as ti
from PIL import Image

ti.init(arch=ti.cpu, log_level=ti.ERROR, offline_cache=False)
print("taichi " + ".".join(str(part) for part in ti.__version__))
array = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
ti.tools.imwrite(array, "picture.png")
seen = np.asarray(Image.open("picture.png").convert("RGB"))
back = ti.tools.imread("picture.png")
Image.fromarray(array).save("other.png")
other = ti.tools.imread("other.png")
print(f"array of {array.shape[:2]}, rows and columns: {seen.shape[:2]} for Pillow")
print(f"numpy.rot90 of it: {np.array_equal(seen, np.rot90(array))}; by imread as it was: {np.array_equal(back, array)}")
print(f"a file of Pillow by imread: {other.shape[:2]}; numpy.rot90 of it: {np.array_equal(np.rot90(other), array)}")
ti.tools.imwrite(np.ascontiguousarray(np.rot90(array, -1)), "upright.png")
upright = np.array_equal(np.asarray(Image.open("upright.png").convert("RGB")), array)
print(f"with numpy.rot90(array, -1) upright: {upright}")
holds = np.array_equal(seen, np.rot90(array)) and np.array_equal(back, array) and np.array_equal(np.rot90(other), array)
print("pictures are turned" if holds and upright else "not as it was")
sys.exit(0 if holds and upright else 1)
PYTHON
