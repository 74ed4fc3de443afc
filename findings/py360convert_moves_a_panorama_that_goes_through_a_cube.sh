#!/usr/bin/env bash
# py360convert moves a panorama that goes through a cube map and back, by half a pixel of a face and more.
#
# Guess before running: c2e(e2c(panorama)) is not moved by more than a tenth of a pixel (guess 246).
# Found (py360convert 1.0.4): with faces of a quarter of the width, as is usual, it is moved up and to the left, by
# half a pixel in the middle, by 0.3 on the left and by 0.8 on the right, and ten ways there and back move it by five
# pixels. e2c samples a face from edge to edge, with pixels on the edges, c2e reads it from pixel 0
# to the number of pixels, without the half between them, and takes the first and the last column of the panorama for
# one and the same place. Faces that another program rendered, from pixel centres, are moved as well. A cube that is
# edited (filled in, upscaled, styled face by face) and put back does not lie on its panorama any more. Put back only
# what was changed, or resample with a grid of one's own. pytorch360convert 0.2.3 makes the same c2e.
# Source: py360convert/utils.py (xyzcube and equirect_uvgrid, with linspace; CubeFaceSampler.from_equirec).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'py360convert==1.0.4' 'scipy==1.17.1' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import py360convert

print(f"py360convert {importlib.metadata.version('py360convert')}")
height, width = 128, 256
longitude = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
latitude = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
longitude, latitude = np.meshgrid(longitude, latitude)
x, y, z = np.cos(latitude) * np.sin(longitude), np.sin(latitude), np.cos(latitude) * np.cos(longitude)
panorama = 128 + 100 * np.stack([np.sin(4 * x + 1), np.sin(4 * y + 2), np.cos(4 * z)], 2)


def there_and_back(picture, face):
    faces = py360convert.e2c(picture, face_w=face, mode="bilinear", cube_format="dict")
    return py360convert.c2e(faces, height, width, mode="bilinear", cube_format="dict")


def shift(picture, columns):
    """Rows and columns by which a part of the picture is moved down and right, by least squares."""
    part = (slice(height // 2 - 20, height // 2 + 20), columns)
    slopes = np.stack([np.gradient(panorama, axis=axis)[part].ravel() for axis in (0, 1)], 1)
    return -np.linalg.lstsq(slopes, (picture - panorama)[part].ravel(), rcond=None)[0]


middle = slice(width // 2 - 25, width // 2 + 25)
found = {}
for face in (32, 64, 128):
    back = there_and_back(panorama, face)
    found[face] = shift(back, middle)
    sides = [shift(back, slice(start, start + 50)).round(2).tolist() for start in (40, 166)]
    print(f"faces of {face}: moved by {found[face].round(2).tolist()} in the middle, {sides} at the sides")
picture = panorama
for _ in range(10):
    picture = there_and_back(picture, 64)
found["ten"] = shift(picture, middle)
print(f"ten times through faces of 64: moved by {found['ten'].round(1).tolist()}")
holds = bool((found[64] < -0.3).all() and (found[64] > -0.8).all() and (found["ten"] < -2).all())
print("moved" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
