#!/usr/bin/env bash
# OpenCV reads a 16-bit TIFF file in colour that rasterio wrote as a grey picture if it is asked to change nothing.
#
# Guess before running: a 16-bit RGB TIFF that rasterio writes is read by OpenCV as BGR, like one that tifffile writes
# (guess 124; it was doubted).
# Found (rasterio 1.4.4, GDAL 3.10.3, OpenCV 5.0.0.93): cv2.imread(path, cv2.IMREAD_UNCHANGED) gives one channel, the
# luminance, for uint16; for uint8 and float32 it gives three. GDAL calls three bands RGB only in 8 bits, else grey with
# two bands more, and OpenCV makes grey of them. IMREAD_COLOR | IMREAD_ANYDEPTH gives the colours; or write with
# photometric="RGB". Pillow refuses the same file.
# Source: the tags of the files, and what each library reads.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'rasterio==1.4.4' 'opencv-python-headless==5.0.0.93' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import tempfile
import warnings

import cv2
import numpy as np
import rasterio

warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
print(f"rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}, OpenCV {cv2.__version__}")
noise = np.random.default_rng(0).random((24, 32, 3))
colour = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
read = {}


def kind(values, picture):
    """What was read: the colours in the order of OpenCV, their luminance, or something else."""
    if np.array_equal(values, picture[:, :, ::-1]):
        return "BGR"
    grey = picture.astype(float) @ [0.299, 0.587, 0.114]
    return "grey" if values.ndim == 2 and np.abs(values - grey).max() < 4 else "else"


with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/picture.tif"
    for dtype, top, more in (("uint8", 255, {}), ("uint16", 65535, {}), ("float32", 1, {}), ("uint16", 65535, {"photometric": "RGB"})):
        picture = (noise * top).astype(dtype)
        with rasterio.open(path, "w", driver="GTiff", width=32, height=24, count=3, dtype=dtype, **more) as file:
            file.write(picture.transpose(2, 0, 1))
        found = kind(cv2.imread(path, cv2.IMREAD_UNCHANGED), picture), kind(cv2.imread(path, colour), picture)
        read[dtype, bool(more)] = found
        print(f"{dtype} {more or ''}: unchanged {found[0]}, in colour {found[1]}")
holds = read["uint16", False] == ("grey", "BGR") and all(read[one][0] == "BGR" for one in read if one != ("uint16", False))
print("16 bits come grey" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
