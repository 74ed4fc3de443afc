#!/usr/bin/env bash
# Grey dilation of mahotas makes a flat picture brighter, and erosion darker.
#
# Guess before running: dilate and erode of a uint8 picture are SciPy's grey dilation and erosion with a cross (guess
# 114; it was doubted).
# Found (mahotas 1.4.19): the default cross holds ones, and they are added: a flat picture of 100 becomes 101 by dilate
# and 99 by erode, and every other uint8 picture is one level off, too. With int32 the zeros of the cross count as well,
# so that its corners belong to it: the documentation says that only the smallest number of the type stands for
# infinity, which 0 is for uint8 alone. Take the level off again, or take SciPy's.
# Source: mahotas/morph.py (get_structuring_elem); the compiled part by what it does.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mahotas==1.4.19' 'numpy>=2,<3' 'scipy>=1.14,<2'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import mahotas
import numpy as np
from scipy import ndimage

picture = np.random.default_rng(0).integers(20, 200, (48, 48))
inner = slice(2, -2), slice(2, -2)
cross, square = ndimage.generate_binary_structure(2, 1), np.ones((3, 3), bool)
print(f"mahotas {importlib.metadata.version('mahotas')}, NumPy {np.__version__}")
flat = np.full((9, 9), 100, np.uint8)
bright, dark = int(mahotas.dilate(flat)[4, 4]), int(mahotas.erode(flat)[4, 4])
print(f"a flat picture of 100: dilate {bright}, erode {dark}")
off = {}
for dtype in (np.uint8, np.int32):
    ours = mahotas.dilate(picture.astype(dtype)).astype(int)
    off[dtype] = [np.unique((ours - ndimage.grey_dilation(picture, footprint=shape))[inner]) for shape in (cross, square)]
    print(f"{dtype.__name__}: mahotas less SciPy, with a cross {off[dtype][0].min()} to {off[dtype][0].max()}, "
          f"with a square {off[dtype][1].min()} to {off[dtype][1].max()}")
holds = (bright, dark) == (101, 99) and off[np.uint8][0].tolist() == [1] and off[np.int32][0].max() > 1
print("one level more" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
