#!/usr/bin/env bash
# equilib moves a panorama by half a pixel right and down when it is asked to turn it by nothing.
#
# Guess before running: equi2equi with no rotation gives the panorama back to one level (guess 61).
# Found (pyequilib 0.6.0): every pixel is read half a pixel to the right and below, so that the picture is blurred by
# the mean of four pixels, and eight turns by nothing move it by four pixels. The angles of the output are made without
# the half of a pixel that is added to the coordinates that are read. Subtract half a pixel from both coordinates in a
# sampler of your own (override_func), and check a chain of conversions by one that should do nothing.
# Source: equilib/equi2equi/numpy.py, convert_grid (+ 0.5), against create_normalized_grid of equilib/numpy_utils.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pyequilib==0.6.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from equilib import equi2equi

height, width = 64, 128
rows, columns = np.mgrid[:height, :width].astype(np.float32)
panorama = np.stack([columns, rows, 0 * rows])
turn = {"roll": 0.0, "pitch": 0.0, "yaw": 0.0}


def shift(pixels):
    """Mean shift of columns and rows, away from the seam and the poles."""
    inner = np.asarray(pixels)[:2, 20:-20, 20:-20] - panorama[:2, 20:-20, 20:-20]
    return inner.mean(axis=(1, 2))


once = equi2equi(panorama, rots=turn, mode="bilinear")
often = panorama
for _ in range(8):
    often = equi2equi(often, rots=turn, mode="bilinear")
print(f"pyequilib {importlib.metadata.version('pyequilib')}")
print(f"shift to the right and down: {shift(once).round(2)} after one turn by 0, {shift(often).round(2)} after eight")
holds = np.abs(shift(once) - 0.5).max() < 0.01 and np.abs(shift(often) - 4).max() < 0.1
print("the panorama is moved" if holds else "the panorama is not moved any more")
sys.exit(0 if holds else 1)
PYTHON
