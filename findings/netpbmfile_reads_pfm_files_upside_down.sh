#!/usr/bin/env bash
# netpbmfile reads PFM files upside down.
#
# Guess before running: a PFM file that OpenCV writes is upright, and the other way round (guess 269; it was doubted).
# Found (netpbmfile 2026.1.29, OpenCV 5.0.0.93): imread gives the rows from below, for colour and grey. The rows of a
# PFM file go from the bottom up, and OpenCV turns them round when it writes and reads; netpbmfile gives them as they
# lie in the file. Depth and disparity maps (Middlebury) and radiance pictures come out upside down beside their
# pictures. It does not write float32, so that the other way round does not arise. Turn the array: [::-1].
# Source: netpbmfile/netpbmfile.py (the data of Pf and PF are shaped, not turned).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'netpbmfile==2026.1.29' 'opencv-python-headless==5.0.0.93' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import cv2
import netpbmfile
import numpy as np

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("netpbmfile", "opencv-python-headless")), sep=", ")
colour = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
holds = True
for name, picture in (("colour", colour), ("grey", np.ascontiguousarray(colour[..., 0]))):
    cv2.imwrite("map.pfm", picture[..., ::-1] if picture.ndim == 3 else picture)
    back = cv2.imread("map.pfm", cv2.IMREAD_UNCHANGED)
    back = back[..., ::-1] if back.ndim == 3 else back
    read = netpbmfile.imread("map.pfm")
    with open("map.pfm", "rb") as file:
        last = np.frombuffer(file.read()[-picture[0].nbytes :], "<f4").reshape(picture[0].shape)
    print(f"{name}: the last row in the file is the first of the picture: {np.array_equal(last, picture[0])}")
    print(f"  OpenCV upright: {np.array_equal(back, picture)}; netpbmfile upright: {np.array_equal(read, picture)}, ", end="")
    print(f"upside down: {np.array_equal(read, picture[::-1])}")
    holds = holds and np.array_equal(last, picture[0]) and np.array_equal(back, picture) and np.array_equal(read, picture[::-1])
print("it is upside down" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
