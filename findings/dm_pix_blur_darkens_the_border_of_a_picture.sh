#!/usr/bin/env bash
# gaussian_blur of dm-pix darkens the border of a picture, to a third in the corners.
#
# Guess before running: gaussian_blur leaves a flat picture flat (guess 82).
# Found (dm-pix 0.4.5 with jax 0.10.2): its padding "SAME", the default, is by zeros. A flat picture of 0.8 has 0.29 in
# the corners after a blur of sigma 2. The blur of OpenCV, SciPy, Pillow, kornia and torchvision repeats or mirrors the
# picture there. As augmentation it adds a dark frame that tells blurred pictures from others. Pad with jnp.pad(mode=
# "reflect") first, and blur with padding="VALID".
# Source: dm_pix/_src/augment.py, gaussian_blur (two depthwise convolutions with the padding given).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'dm-pix==0.4.5' 'jax==0.10.2' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import dm_pix
import jax.numpy as jnp

flat = jnp.full((32, 32, 3), 0.8)
plain = dm_pix.gaussian_blur(flat, 2.0, 9)
padded = jnp.pad(flat, ((4, 4), (4, 4), (0, 0)), mode="reflect")
mirrored = dm_pix.gaussian_blur(padded, 2.0, 9, padding="VALID")
print(f"dm-pix {importlib.metadata.version('dm-pix')}, jax {importlib.metadata.version('jax')}")
places = {"corner": (0, 0), "edge": (16, 0), "middle": (16, 16)}
print(f"flat picture of 0.8 after a blur: { {name: round(float(plain[at][0]), 2) for name, at in places.items()} }")
print(f"mirrored by hand: {mirrored.shape}, {mirrored.min():.2f} to {mirrored.max():.2f}")
holds = plain[0, 0, 0] < 0.4 and plain[16, 0, 0] < 0.6 and abs(plain[16, 16, 0] - 0.8) < 0.01
holds = bool(holds and mirrored.shape == flat.shape and abs(mirrored - 0.8).max() < 0.01)
print("the border is dark" if holds else "the border is not dark any more")
sys.exit(0 if holds else 1)
PYTHON
