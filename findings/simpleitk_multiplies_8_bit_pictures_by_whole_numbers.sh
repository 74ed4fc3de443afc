#!/usr/bin/env bash
# SimpleITK cuts the number by which an 8-bit picture is multiplied to a whole one: half of a picture is black.
#
# Guess before running: image * 0.5 of a uint8 picture is half of it, to one level (guess 113; it was doubted).
# Found (SimpleITK 2.5.7): image * 0.5 is 0 everywhere and image * 1.5 is the picture itself, since the number is given
# the type of the pixels first. image / 2 is right, as a division gives float64. Nothing is said. Pictures of integers
# in 16 bits do the same. Make the picture float32 by sitk.Cast before, and give the result its type back by sitk.Cast
# after.
# Source: SimpleITK/SimpleITK.py (Image.__mul__ hands the number to Multiply); the compiled part by what it does.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'SimpleITK==2.5.7' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import SimpleITK as sitk

picture = np.random.default_rng(0).integers(0, 160, (32, 32)).astype(np.uint8)
image = sitk.GetImageFromArray(picture)
half, more = sitk.GetArrayFromImage(image * 0.5), sitk.GetArrayFromImage(image * 1.5)
divided = sitk.GetArrayFromImage(image / 2)
as_float = sitk.GetArrayFromImage(sitk.Cast(image, sitk.sitkFloat32) * 0.5)
print(f"SimpleITK {sitk.Version_VersionString()}")
print(f"picture: mean {picture.mean():.1f}, type {picture.dtype}")
for name, result in (("* 0.5", half), ("* 1.5", more), ("/ 2", divided), ("as float32, * 0.5", as_float)):
    print(f"{name}: mean {result.mean():.1f}, type {result.dtype}")
holds = half.max() == 0 and np.array_equal(more, picture) and np.allclose(divided, as_float) and divided.mean() > 30
print("the number is cut to a whole one" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
