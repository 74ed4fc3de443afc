#!/usr/bin/env bash
# MONAI's elastic deformation and grid distortion move pixels when their strength is 0.
#
# Guess before running: Rand2DElastic of magnitude 0 and GridDistortion with steps of 1 leave a picture as it is, to
# 1e-3 (guess 374).
# Found (monai 1.6.1): Rand2DElastic moves pixels to and fro by up to 0.24 pixels at a spacing of 5, 0.77 at 16 and
# 1.44 at 30, as it enlarges its coarse grid of places by bicubic interpolation, which does not keep a ramp. This
# comes on top of every deformation. GridDistortion stretches each cell over one pixel too many, so that pixels move
# by 0 to 1 along a cell and the one at each limit of cells is there twice; RandGridDistortion does so, too. A label
# map that goes through the same transform moves with its picture, but points and boxes do not, and thin lines get
# steps. Keep the spacing small, and take the displacement of strength 0 off, or build the grid by linear
# interpolation.
# Source: monai/transforms/spatial/array.py (Rand2DElastic.__call__: InterpolateMode.BICUBIC with align_corners=False;
# GridDistortion.__call__: torch.linspace(prev, cur, end - start), which takes both ends in).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'monai==1.6.1' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import monai
import torch
from monai.transforms import GridDistortion, Rand2DElastic, RandGridDistortion

torch.set_num_threads(1)
print(f"monai {monai.__version__}, torch {torch.__version__}")
columns = torch.arange(64.0).expand(1, 48, 64)  # each pixel holds its column
moved = {}
for name, change in (
    ("Rand2DElastic, spacing 5", Rand2DElastic((5, 5), (0, 0), prob=1, padding_mode="border")),
    ("Rand2DElastic, spacing 16", Rand2DElastic((16, 16), (0, 0), prob=1, padding_mode="border")),
    ("Rand2DElastic, spacing 30", Rand2DElastic((30, 30), (0, 0), prob=1, padding_mode="border")),
    ("GridDistortion", GridDistortion(4, [(1.0,) * 5, (1.0,) * 5], padding_mode="border")),
    ("RandGridDistortion", RandGridDistortion(4, prob=1, distort_limit=(0.0, 0.0), padding_mode="border")),
):
    off = (change(columns) - columns)[0, 24, 4:-4]  # away from the border
    moved[name] = off.min().item(), off.max().item()
    print(f"{name}: pixels move by {moved[name][0]:.2f} to {moved[name][1]:.2f}")
elastic = [moved[name][1] for name in moved if name.startswith("Rand2DElastic")]
holds = all(value > least for value, least in zip(elastic, (0.2, 0.7, 1.3), strict=True))
grids = [moved[name] for name in ("GridDistortion", "RandGridDistortion")]
holds = holds and all(least > -0.01 and most > 0.9 for least, most in grids)
print("pixels move without a deformation" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
