#!/usr/bin/env bash
# The universal image quality index of torchmetrics is below 1 for equal pictures with a flat part, and 0 for flat ones.
#
# Guess before running: the index of two equal pictures with a flat sky is 1 to 1e-3 (guess 50).
# Found (torchmetrics 1.9.0): noise over a flat part gives less than 0.95 against itself, and a flat picture 0. The
# index multiplies a ratio of variances that is 0 / 0 where nothing varies, and a small number is added below only.
# Drawings, label maps and skies make every result worse, however good it is: compare with the index of the reference
# against itself.
# Source: torchmetrics/functional/image/uqi.py (_uqi_compute: eps is added to the denominator alone).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torchmetrics==1.9.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import torchmetrics
from torchmetrics.image import UniversalImageQualityIndex

picture = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
sky, flat = picture.clone(), torch.full((1, 1, 64, 64), 0.5)
sky[:, :, :32] = 0.8
index = UniversalImageQualityIndex()
found = {name: index(one, one).item() for name, one in (("noise", picture), ("flat half", sky), ("flat", flat))}
print(f"torchmetrics {torchmetrics.__version__}, torch {torch.__version__}")
for name, value in found.items():
    print(f"{name}: index of the picture against itself {value:.3f}")
holds = found["noise"] > 0.999 and found["flat half"] < 0.95 and found["flat"] < 0.01
print("equal pictures have less than 1" if holds else "equal pictures have 1 now")
sys.exit(0 if holds else 1)
PYTHON
