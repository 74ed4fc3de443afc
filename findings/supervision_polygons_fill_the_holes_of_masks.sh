#!/usr/bin/env bash
# A mask that goes through supervision's polygons and back loses its holes.
#
# Guess before running: a mask of a ring comes back from mask_to_polygons and polygon_to_mask with its hole (guess 28).
# Found (supervision 0.31.2): the hole becomes a polygon of its own, and nothing in the list tells it from an object.
# Drawn one after the other, as for any mask of several parts, the polygons fill the hole. Sets of label maps that are
# kept as polygons, and models that learn from them, get windows without panes and rings without holes. Fill the parity
# of all polygons (a pixel is set if an odd number of them has it), but the edge of the hole then loses a pixel; run
# lengths keep the mask.
# Source: mask_to_polygons in supervision/detection/utils (contours are found with their hierarchy, which is dropped).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'supervision==0.31.2' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import supervision as sv

ring = np.zeros((40, 40), bool)
ring[5:35, 5:35] = True
ring[15:25, 15:25] = False
polygons = sv.mask_to_polygons(ring)
made = np.zeros_like(ring)
for polygon in polygons:
    made |= sv.polygon_to_mask(polygon, (40, 40)).astype(bool)
print(f"supervision {sv.__version__}")
print(f"{ring.sum()} pixels of a ring, {len(polygons)} polygons, {made.sum()} pixels afterwards; the hole has 100")
holds = ring.sum() == 800 and made[15:25, 15:25].all()
print("the hole is filled" if holds else "the hole is kept now")
sys.exit(0 if holds else 1)
PYTHON
