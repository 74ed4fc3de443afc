#!/usr/bin/env bash
# scikit-image's Poisson noise is the stronger, the fewer different values a picture has.
#
# Guess before running: random_noise(mode="poisson") is as strong on a flat grey as on a soft ramp about the same grey,
# to a fifth (guess 196; it was doubted).
# Found (scikit-image 0.26.0): all pictures here are grey of about 0.5. The noise of a smooth ramp in float has a
# standard deviation of 0.003, of the same ramp in 8 bits 0.12, and of flat grey 0.71, with values up to 6. The number
# of photons is taken from the count of different values in the picture (rounded up to a power of two), a peak of 65536
# in one case and of 1 in the other. A rendered or flat picture, a crop of the sky, and a picture before and after it is
# scaled in float get noise of another strength, and so do two pictures of one training set that is degraded by it.
# Choose the peak by hand: rng.poisson(x * peak) / peak. The documentation says "generated from the data".
# Source: skimage/util/noise.py, random_noise (vals = 2 ** ceil(log2(len(unique(image))))).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'scikit-image==0.26.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from skimage.util import random_noise

ramp = np.linspace(0.45, 0.55, 256 * 256).reshape(256, 256)
pictures = {
    "ramp": ramp,
    "ramp in 8 bits": np.rint(255 * ramp).astype(np.uint8),
    "two greys": np.where(ramp > 0.5, 0.51, 0.49),
    "flat": np.full_like(ramp, 0.5),
    "flat, one pixel in 8 of the ramp": np.where(np.arange(256) % 8, 0.5, ramp),
}
print(f"scikit-image {importlib.metadata.version('scikit-image')}")
strength = {}
for name, picture in pictures.items():
    clean = picture / 255 if picture.dtype == np.uint8 else picture
    noise = random_noise(picture, mode="poisson", rng=0, clip=False) - clean
    strength[name] = float(noise.std())
    print(f"{name}: mean {clean.mean():.3f}, {len(np.unique(picture))} values, noise {strength[name]:.4f}")
holds = strength["ramp"] < 0.01 and strength["ramp in 8 bits"] > 0.05 and strength["flat"] > 0.5
print("the number of values sets the noise" if holds else "the noise is that of the grey")
sys.exit(0 if holds else 1)
PYTHON
