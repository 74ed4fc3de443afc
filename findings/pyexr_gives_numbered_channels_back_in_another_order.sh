#!/usr/bin/env bash
# pyexr gives the channels of an array with more than ten back in another order.
#
# Guess before running: an EXR file with the channels of a picture, a depth and normals comes back by read_all with each
# channel in its place (guess 302; it was doubted). That is right; beside it, arrays of many channels were written and
# read.
# Found (pyexr 0.5.0): an array of 12 channels written with the names c0 to c11 is read in the order c0, c1, c10, c11,
# c2 and so on, as EXR files and pyexr sort names by letters. read gives an array of the right shape with other channels
# in it; latents, features and spectra are mixed up, and up to ten channels all is well. Write names of one length (c00
# to c11), or ask for each channel by its name.
# Source: pyexr/exr.py (sorted(header["channels"].keys(), key=_channel_sort_key)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pyexr==0.5.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pyexr

print(f"pyexr {importlib.metadata.version('pyexr')}")
features = np.random.default_rng(0).random((4, 6, 12)).astype(np.float32)
same = {}
for name, number, names in (
    ("10 channels c0 to c9", 10, [f"c{index}" for index in range(10)]),
    ("12 channels c0 to c11", 12, [f"c{index}" for index in range(12)]),
    ("12 channels c00 to c11", 12, [f"c{index:02d}" for index in range(12)]),
):
    written = np.ascontiguousarray(features[..., :number])
    pyexr.write("features.exr", written, channel_names=names)
    read = pyexr.read("features.exr")
    order = [next(i for i in range(number) if np.array_equal(read[..., k], written[..., i])) for k in range(number)]
    same[name] = read.shape == written.shape and order == list(range(number))
    print(f"{name}: shape {read.shape}, channels {order}")
holds = list(same.values()) == [True, False, True]
print("the order is that of the letters" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
