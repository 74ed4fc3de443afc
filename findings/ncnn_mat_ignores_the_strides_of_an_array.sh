#!/usr/bin/env bash
# ncnn takes the memory of a NumPy array in the order in which it lies there, whatever its strides.
#
# Guess before running: ncnn.Mat(x.transpose(2, 0, 1)) of a picture has the values of the transposed array, or is
# refused; the same for Mat.from_pixels of a cropped view (guesses 23 and 25).
# Found (ncnn 1.0.20261020): the shape is that of the view, the values are those of the array behind it, in its order.
# Height, width, channels to channels, height, width, the usual step before a network, gives a picture of scrambled
# channels, and from_pixels of a crop gives pixels from beside the crop. Nothing is said. np.ascontiguousarray before
# avoids it.
# Source: the Python binding of ncnn (Mat of a buffer: its pointer and shape are taken, its strides are not).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'ncnn==1.0.20261020' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import ncnn
import numpy as np

picture = np.arange(8 * 8 * 3, dtype=np.float32).reshape(8, 8, 3)
view = picture.transpose(2, 0, 1)
made = np.array(ncnn.Mat(view).clone())
right = np.array(ncnn.Mat(np.ascontiguousarray(view)).clone())
pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 3), dtype=np.uint8)
crop = pixels[:, 4:12]
cut = np.array(ncnn.Mat.from_pixels(crop, ncnn.Mat.PixelType.PIXEL_RGB, 8, 8).clone()).transpose(1, 2, 0)
print(f"ncnn {importlib.metadata.version('ncnn')}, NumPy {np.__version__}")
print(f"first values of a transposed picture: {view.ravel()[:4]}; in the Mat: {made.ravel()[:4]}")
print(f"pixels of a crop that are right in the Mat: {(cut == crop).all(-1).mean():.0%}")
holds = made.shape == view.shape and np.array_equal(made.ravel(), picture.ravel()) and np.array_equal(right, view)
holds = holds and not np.array_equal(cut, crop)
print("the strides are ignored" if holds else "the strides are not ignored any more")
sys.exit(0 if holds else 1)
PYTHON
