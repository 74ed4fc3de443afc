#!/usr/bin/env bash
# mahotas.imresize does not interpolate, moves a picture by up to a pixel, and makes its last row and column black.
#
# Guess before running: imresize(x, 2.0) of a ramp stays within the range of the ramp by one level and is monotone
# (guess 134).
# Found (mahotas 1.4.19): every order gives values of the picture itself, each some times, as the nearest pixel would,
# but taken one further on, so that the first is missing; the last row and column, or one of them at some sizes, are 0.
# A flat picture of 200 is black there. mahotas.interpolate.zoom is the same function. Resize by scipy.ndimage.zoom or
# Pillow.
# Source: mahotas/resize.py (imresize); mahotas/interpolate.py (zoom); the compiled part by what it does.
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

print(f"mahotas {importlib.metadata.version('mahotas')}, NumPy {np.__version__}")
flat, ramp = np.full((16, 32), 200.0), np.tile(np.arange(10.0, 42.0), (16, 1))
result = mahotas.imresize(flat, 2.0, order=1)
inside, edge = result[:-1, :-1], np.concatenate([result[-1], result[:, -1]])
print(f"flat, twice the size: inside {np.unique(inside)}, last row and column {np.unique(edge)}")
steps = {order: mahotas.imresize(ramp, 2.0, order=order)[8] for order in (1, 3)}
right = ndimage.zoom(ramp, 2.0, order=1)[8]
for order, row in steps.items():
    print(f"ramp from 10 to 41, order {order}: {np.round(row[:8], 2)} ... {np.round(row[-3:], 2)}")
print(f"SciPy, order 1: {np.round(right[:8], 2)} ... {np.round(right[-3:], 2)}")
whole = all(np.abs(row - np.round(row)).max() < 1e-6 for row in steps.values())
holds = bool((inside == 200).all()) and not edge.any() and whole and steps[1][0] == 11 and abs(right[0] - 10) < 1e-6
print("steps, and a black edge" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
