#!/usr/bin/env bash
# The Gaussian blur of MONAI's transforms makes the edge of a picture darker, and its sharpening makes it several
# times as bright.
#
# Guess before running: GaussianSmooth, GaussianSharpen and MedianSmooth leave a flat picture flat, up to the border
# (guess 373; it was doubted).
# Found (monai 1.6.1): a flat picture of 0.5 has 0.18 in its corners and 0.3 at its edges after GaussianSmooth(2), and
# 2.1 and more there after GaussianSharpen at its defaults, as both fill up with zeros outside. MedianSmooth is right.
# The random forms (RandGaussianSmooth, RandGaussianSharpen) do the same, so that augmented pictures have a frame that
# real ones do not have. There is no setting for it, and the documentation does not tell. Pad the picture by repeating
# its edge before and crop it after, or take another blur.
# Source: monai/networks/layers/simplelayers.py (GaussianFilter.forward: separable_filtering with its default
# "zeros").
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
from monai.transforms import GaussianSharpen, GaussianSmooth, MedianSmooth, RandGaussianSmooth

torch.set_num_threads(1)
print(f"monai {monai.__version__}, torch {torch.__version__}")
picture = torch.full((1, 48, 64), 0.5)
random = RandGaussianSmooth(sigma_x=(2, 2), sigma_y=(2, 2), prob=1)
found = {}
for name, change in (
    ("GaussianSmooth(2)", GaussianSmooth(2.0)),
    ("RandGaussianSmooth", random),
    ("GaussianSharpen()", GaussianSharpen()),
    ("MedianSmooth(2)", MedianSmooth(2)),
):
    result = change(picture)[0]
    found[name] = [result[row, column].item() for row, column in ((0, 0), (24, 0), (24, 32))]
    print(f"{name}: corner {found[name][0]:.3f}, edge {found[name][1]:.3f}, middle {found[name][2]:.3f}")
holds = all(abs(values[2] - 0.5) < 0.01 for values in found.values())
blurred = [found[name] for name in ("GaussianSmooth(2)", "RandGaussianSmooth")]
holds = holds and all(values[0] < 0.2 and values[1] < 0.35 for values in blurred)
holds = holds and min(found["GaussianSharpen()"][:2]) > 1 and abs(found["MedianSmooth(2)"][0] - 0.5) < 1e-5
print("the edge changes" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
