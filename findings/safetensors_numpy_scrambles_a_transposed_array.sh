#!/usr/bin/env bash
# safetensors.numpy writes the memory of an array in its order, so that a transposed array comes back scrambled.
#
# Guess before running: safetensors.numpy.save of a transposed array is read back as the transposed array (guess 57).
# Found (safetensors 0.8.0): the shape is that of the transposed array, the values are in the order of the array behind
# it. Weights that are transposed on their way from one framework to another, dense layers and convolutions, are wrong
# and have the right shape. safetensors.torch refuses the same. np.ascontiguousarray before it avoids it.
# Source: bindings/python/py_src/safetensors/numpy.py (_flatten gives the pointer of the data and the shape; save says
# that arrays need to be contiguous, and does not look).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'safetensors==0.8.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from safetensors.numpy import load, save

weights = np.arange(6, dtype=np.float32).reshape(2, 3)
read = load(save({"weights": weights.T}))["weights"]
right = load(save({"weights": np.ascontiguousarray(weights.T)}))["weights"]
print(f"safetensors {importlib.metadata.version('safetensors')}, NumPy {np.__version__}")
print(f"written {weights.T.tolist()}; read {read.tolist()}")
holds = read.shape == (3, 2) and np.array_equal(read.ravel(), weights.ravel()) and np.array_equal(right, weights.T)
print("the values are in another order" if holds else "the array comes back")
sys.exit(0 if holds else 1)
PYTHON
