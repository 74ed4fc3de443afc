#!/usr/bin/env bash
# pyautotrace gives the points of curves with y upwards, and saves them with y downwards.
#
# Guess before running: the shapes of two colours lie in the coordinates of the array, y downwards, with the right
# colours (guess 306; it was doubted).
# Found (pyautotrace 0.0.8): colours are right, and the SVG file that save writes is right, but the points in paths
# count y from the lower edge. A rectangle in the rows 5 to 14 of 40 has the points 25 and 35. Shapes that are drawn,
# compared or rasterised from these points are mirrored, and one in the middle of the picture, or a symmetric one, hides
# it; potracer and vtracer count from above. Take height - y.
# Source: AutoTrace, whose splines have their origin at the lower left; its writers turn them.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pyautotrace==0.0.8' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import re
import sys

import numpy as np
from autotrace import Bitmap

print(f"pyautotrace {importlib.metadata.version('pyautotrace')}")
height, width = 40, 60
picture = np.full((height, width, 3), 255, np.uint8)
shapes = {(255, 0, 0): (8, 5, 30, 15), (0, 0, 255): (40, 25, 55, 35)}  # left, top, right, bottom
for colour, (left, top, right, bottom) in shapes.items():
    picture[top:bottom, left:right] = colour
vector = Bitmap(picture).trace()
vector.save("traced.svg")
with open("traced.svg") as file:
    drawn = file.read()
holds = True
for path in vector.paths:
    colour = (path.color.r, path.color.g, path.color.b)
    if colour not in shapes:
        continue
    left, top, right, bottom = shapes[colour]
    points = np.array([(point.x, point.y) for spline in path.splines for point in (spline.points[0], spline.points[-1])])
    saved = re.search("#%02x%02x%02x[^>]* d=.([^zZ]*)" % colour, drawn).group(1)
    numbers = [float(number) for number in re.findall(r"-?[0-9.]+", saved)]
    box = points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max()
    rows = min(numbers[1::2]), max(numbers[1::2])
    print(f"{colour}: in the array {shapes[colour]}, points {tuple(map(float, box))}, y in the SVG file {rows}")
    holds = holds and box == (left, height - bottom, right, height - top) and rows == (top, bottom)
print("y goes upwards" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
