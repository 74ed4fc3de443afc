#!/usr/bin/env bash
# The distance transform of kornia is a chessboard distance away from the set pixels.
#
# Guess before running: contrib.distance_transform of one set pixel in 64 x 64 is within half a pixel of the Euclidean
# distance, which its description names (guess 17).
# Found (kornia 0.9.0): it is off by up to 13.5 pixels in 64, and the error grows with the distance. Equal distances are
# squares, not circles: along a diagonal 54 pixels are reported as 43. A falloff from the edge of a mask, or a loss by
# distances, is anisotropic. A larger kernel_size lessens it; SciPy's distance_transform_edt is exact.
# Source: kornia/contrib/distance_transform.py (_distance_transform_2d_impl: a window of 3 x 3 is applied again and
# again, and each time a whole pixel is added).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'kornia==0.9.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import kornia
import numpy as np
import torch

mask = torch.zeros(1, 1, 64, 64)
mask[0, 0, 20, 30] = 1
made = kornia.contrib.distance_transform(mask)[0, 0].numpy()
rows, columns = np.mgrid[:64, :64]
exact = np.hypot(rows - 20, columns - 30)
chessboard = np.maximum(abs(rows - 20), abs(columns - 30))
print(f"kornia {kornia.__version__}, torch {torch.__version__}")
print(f"30 pixels to the right: {made[20, 60]:.1f}; 43 down and 33 to the right, 54.2: {made[63, 63]:.1f}")
print(f"largest error {np.abs(made - exact).max():.1f}; of the chessboard distance {np.abs(made - chessboard).max():.1f}")
holds = np.abs(made - exact).max() > 5 and np.abs(made - chessboard).max() < 2
print("it is nearly a chessboard distance" if holds else "it is not a chessboard distance any more")
sys.exit(0 if holds else 1)
PYTHON
