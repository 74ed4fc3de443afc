#!/usr/bin/env bash
# PyArrow's array of tensors scrambles a batch of pictures that are mirrored by a view.
#
# Guess before running: FixedShapeTensorArray.from_numpy_ndarray of a batch of mirrored pictures, x[:, :, ::-1], of
# every second pixel and of reversed channels gives their values back (guess 444; it was doubted).
# Found (PyArrow 26.0.1): reversed channels, every second pixel and a crop are right, but mirrored pictures come back
# with the right shape and mixed pixels, nearly all of them wrong, and so they do with the channels moved to the
# front. Nothing is said. Pictures that are turned upside down are refused, with an error. The order of the axes is
# taken from the strides, and a negative one is sorted as a small number. Mirrored pictures are the most usual
# augmentation, and NumPy makes views of them. Call numpy.ascontiguousarray first.
# Source: pyarrow/array.pxi (FixedShapeTensorArray.from_numpy_ndarray: argsort of the negated strides).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pyarrow==26.0.1' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import pyarrow

print(f"PyArrow {pyarrow.__version__}")
pictures = np.random.default_rng(0).integers(0, 256, (4, 24, 32, 3)).astype(np.uint8)
views = {
    "as they are": pictures,
    "reversed channels": pictures[..., ::-1],
    "every second column": pictures[:, :, ::2],
    "a crop": pictures[:, 2:20, 5:17],
    "mirrored, copied": np.ascontiguousarray(pictures[:, :, ::-1]),
    "mirrored": pictures[:, :, ::-1],
    "mirrored, channels in front": pictures.transpose(0, 3, 1, 2)[..., ::-1],
}
found = {}
for name, view in views.items():
    back = pyarrow.FixedShapeTensorArray.from_numpy_ndarray(view).to_numpy_ndarray()
    found[name] = (back != view).mean() if back.shape == view.shape else None
    print(f"{name}: shape {back.shape}, {100 * found[name]:.0f} per cent of the numbers are others")
wrong = {name for name, share in found.items() if share}
holds = wrong == {"mirrored", "mirrored, channels in front"} and min(found[name] for name in wrong) > 0.9
print("mirrored pictures are scrambled" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
