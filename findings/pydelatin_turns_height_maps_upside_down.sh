#!/usr/bin/env bash
# pydelatin gives the vertices of a height map from below, so that its mesh is mirrored against the array.
#
# Guess before running: the vertex at (x, y) of a height map has the height map[y, x] (guess 293; it was doubted).
# Found (pydelatin 0.4.0): it has the height map[rows - 1 - y, x], for arrays of all orders. A map that is generated,
# meshed and then textured with its own picture, or looked up by the coordinates of the vertices, is wrong by up to its
# whole range, and the mesh is the mirror image of the array. Its documentation does not tell the axis, and the setting
# flip_y of rescale_positions, whose text says that pictures begin at the top, turns it in addition. Take rows - 1 - y.
# Source: hmm, the library that it wraps (y of a vertex is height - 1 - row).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pydelatin==0.4.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from pydelatin import Delatin

print(f"pydelatin {importlib.metadata.version('pydelatin')}")
rows, columns = 17, 25
y, x = np.mgrid[0:rows, 0:columns]
heights = (2 * x + 0.3 * y**2 + 10 * np.sin(x / 3)).astype(np.float32)
holds = True
for name, array in (("in rows", heights), ("in the order of Fortran", np.asfortranarray(heights)), ("float64", heights.astype(float))):
    mesh = Delatin(array, max_error=0.5)
    across, down = mesh.vertices[:, 0].astype(int), mesh.vertices[:, 1].astype(int)
    level = mesh.vertices[:, 2]
    off = float(np.abs(heights[down, across] - level).max())
    turned = float(np.abs(heights[rows - 1 - down, across] - level).max())
    print(f"{name}: {len(level)} vertices; from map[y, x] off by up to {off:.2f}, from map[rows - 1 - y, x] by {turned:.2f}")
    holds = holds and off > 50 and turned < 1e-4
print("the map is upside down" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
