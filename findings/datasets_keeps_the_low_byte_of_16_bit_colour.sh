#!/usr/bin/env bash
# Hugging Face datasets keeps the low byte of each value of a 16-bit picture in colour.
#
# Guess before running: a 16-bit picture in colour and a map of uint32 object numbers, given as arrays to the feature
# Image, come back with their numbers, or are refused (guess 197; it was doubted).
# Found (datasets 5.2.0, Pillow 13.0.0): the map and 16-bit grey come back as they were, and float arrays in colour are
# refused. Of a 16-bit picture in colour each value comes back modulo 256, so that a smooth ramp is a sawtooth, and
# white of 65535 is as bright as 255, but 256 is black; int32 and int64 alike. The warning speaks of downcasting the
# array to uint8 "to be compatible with 'Pillow'", which sounds like a scaling. Arrays of int64 between 0 and 255, as
# NumPy's arithmetic makes, are kept. Divide by 257 before, or store such pictures by Array3D, or as bytes of a PNG
# file.
# Source: datasets/features/image.py, encode_np_array (array.astype of the type that is left).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'datasets==5.2.0' 'pillow==13.0.0' 'numpy>=2,<3'
HF_HOME="$folder/cache" "$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from datasets import Dataset, Features, Image

rng = np.random.default_rng(0)
ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64)
pictures = {
    "ramp in colour, uint16": np.stack([ramp] * 3, 2).astype(np.uint16),
    "ramp in colour, int64": np.stack([ramp] * 3, 2).astype(np.int64),
    "ramp in grey, uint16": ramp.astype(np.uint16),
    "object numbers, uint32": rng.integers(0, 2**24, (48, 64), dtype=np.uint32),
}
print(f"datasets {importlib.metadata.version('datasets')}")
same, low_byte = {}, {}
for name, picture in pictures.items():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        table = Dataset.from_dict({"image": [picture]}, features=Features({"image": Image()}))
        back = np.asarray(table[0]["image"])
    same[name] = back.shape == picture.shape and np.array_equal(back, picture)
    low_byte[name] = back.shape == picture.shape and np.array_equal(back, picture % 256)
    print(f"{name}: comes back as {back.dtype}, the same: {same[name]}, modulo 256: {low_byte[name]}")
    print(f"  first values of a row: {picture[20, :4].tolist()} and {back[20, :4].tolist()}")
    for warning in said:
        if "casting" in str(warning.message):
            print(f"  {warning.message}")
holds = low_byte["ramp in colour, uint16"] and low_byte["ramp in colour, int64"]
holds = holds and same["ramp in grey, uint16"] and same["object numbers, uint32"]
print("the low byte is kept" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
