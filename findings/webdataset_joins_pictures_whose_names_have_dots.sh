#!/usr/bin/env bash
# WebDataset makes one sample of two pictures whose names differ only after the first dot.
#
# Guess before running: pictures named a_1.5x.png and a_1.6x.png are two samples (guess 102).
# Found (webdataset 1.0.2): a name is cut at its first dot, not at its last. Both pictures belong to the sample "a_1",
# with the keys "5x.png" and "6x.png", so that a set has half its samples, and no sample has a key "png". Its own writer
# makes such files from the keys "a_1.5x" and "a_1.6x", without a word. Names with a scale, a version or a seed and
# guidance ("seed3_cfg7.5.png") have such dots. Replace dots in keys before a set is packed.
# Source: webdataset/tariterators.py, base_plus_ext (the pattern of the base excludes dots), and TarWriter.write.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'webdataset==1.0.2' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import webdataset

rng = np.random.default_rng(0)


def read_back(keys):
    with webdataset.TarWriter("set.tar") as writer:
        for key in keys:
            writer.write({"__key__": key, "png": rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)})
    samples = webdataset.WebDataset("set.tar", shardshuffle=False)
    return [(sample["__key__"], [name for name in sample if not name.startswith("__")]) for sample in samples]


print(f"webdataset {importlib.metadata.version('webdataset')}")
dots = read_back(["a_1.5x", "a_1.6x"])
plain = read_back(["a_1_5x", "a_1_6x"])
print(f"written with the keys a_1.5x and a_1.6x: {dots}\nwritten with the keys a_1_5x and a_1_6x: {plain}")
holds = dots == [("a_1", ["5x.png", "6x.png"])] and plain == [("a_1_5x", ["png"]), ("a_1_6x", ["png"])]
print("the two pictures are one sample" if holds else "the two pictures are two samples now")
sys.exit(0 if holds else 1)
PYTHON
