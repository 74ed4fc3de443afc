#!/usr/bin/env bash
# Depth maps that netpbmfile writes as PGM have other numbers in Pillow, by a factor that changes from map to map.
#
# Guess before running: none of its own. It was seen beside guess 269, while a 16-bit map went through a PGM file; one
# would take for granted that such a file has one set of numbers.
# Found (netpbmfile 2026.1.29, Pillow 13.0.0, OpenCV 5.0.0.93): a map of 0 to 3000 millimetres written by netpbmfile has
# the numbers of the array in OpenCV and netpbmfile, and 16 times those in Pillow. netpbmfile makes the greatest value
# of the header (4095) from the greatest of the data, and Pillow stretches values to 65535 if the header says less. A
# map of 0 to 1500 comes back 32 times as deep, so that a set of maps has several units, and no program says anything.
# Write with maxval=65535, or read PGM files with OpenCV.
# Source: netpbmfile/netpbmfile.py (maxval from log2 of the maximum); Pillow, PpmImagePlugin.py (maxval in I;16).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'netpbmfile==2026.1.29' 'opencv-python-headless==5.0.0.93' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import cv2
import netpbmfile
import numpy as np
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("netpbmfile", "opencv-python-headless", "pillow")), sep=", ")
rng = np.random.default_rng(0)
holds = True
for greatest, given in ((3000, None), (1500, None), (60000, None), (3000, 65535)):
    depth = rng.integers(greatest // 2, greatest, (16, 20), dtype=np.uint16)
    netpbmfile.imwrite("depth.pgm", depth, **({} if given is None else {"maxval": given}))
    with open("depth.pgm", "rb") as file:
        header = file.read(14)
    same = [np.array_equal(read, depth) for read in (cv2.imread("depth.pgm", cv2.IMREAD_UNCHANGED), netpbmfile.imread("depth.pgm"))]
    factor = float((np.array(Image.open("depth.pgm")).astype(float) / depth).mean())
    text = header.split(bytes([10]))[0].decode()
    print(f"up to {greatest}, maxval {given}: header {text}, OpenCV, netpbmfile the same: {same}, Pillow {factor:.2f} times")
    expected = 1 if given or greatest > 32767 else 65535 / (2 ** int(np.ceil(np.log2(depth.max() + 1))) - 1)
    holds = holds and all(same) and abs(factor - expected) < 0.05
print("the factor depends on the map" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
