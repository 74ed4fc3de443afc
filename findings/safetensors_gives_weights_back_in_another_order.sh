#!/usr/bin/env bash
# safetensors gives the tensors of a file back in another order than that in which they were saved.
#
# Guess before running: load_file gives the tensors in the order in which they were saved (guess 75; it was doubted).
# Found (safetensors 0.8.0): a file is ordered by the size of the type, and within it by the name as text, so that
# "10.weight" comes before "2.weight" and a bias before its weight. load_file and the keys of safe_open follow it, or
# the names alone. Conversions of weights between libraries that go through both dicts side by side,
# zip(theirs.values(), ours.values()), as they do for .npz and .pt files, then fill layers of equal shape with each
# other's weights, and nothing fails. Go by names, or keep the order as a list in the metadata.
# Source: safetensors, src/tensor.rs (prepare sorts by type and name) and safe_open.keys.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'safetensors==0.8.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

rng = np.random.default_rng(0)
layers = {}
for number in range(12):
    layers[f"{number}.weight"] = rng.random((4, 4)).astype(np.float32)
    layers[f"{number}.bias"] = rng.random(4).astype(np.float32)
save_file(layers, "weights.safetensors")
loaded = load_file("weights.safetensors")
with safetensors.safe_open("weights.safetensors", "np") as opened:
    keys = list(opened.keys())
np.savez("weights.npz", **layers)
moved = sum(not np.array_equal(a, b) for a, b in zip(layers.values(), loaded.values(), strict=True))
print(f"safetensors {safetensors.__version__}")
print(f"saved: {list(layers)[:7]}\nloaded: {list(loaded)[:7]}\nkeys of safe_open: {keys[:7]}")
print(f"{moved} of {len(layers)} tensors are not at the place at which they were saved")
holds = list(loaded) != list(layers) and keys != list(layers) and moved > 12
holds = holds and list(np.load("weights.npz")) == list(layers)
holds = holds and all(np.array_equal(loaded[name], layers[name]) for name in layers)
print("the order is another one" if holds else "the order is kept now")
sys.exit(0 if holds else 1)
PYTHON
