#!/usr/bin/env bash
# pyvips gives the old picture of a file that was written anew in the same process, with its old size.
#
# Guess before running: a path that was written anew is read anew by Image.new_from_file (guess 62).
# Found (pyvips 3.2.0 with libvips 8.18.7): the second new_from_file of the path gives the pixels, width and height of
# the first, as libvips keeps the results of its last operations, and reading a file is one, known by its path. A loop
# that writes sample.png, measures it and writes it again measures the first sample every time. revalidate=True reads
# anew, a name of its own for every file does, and pyvips.cache_set_max(0) before the first reading.
# Source: libvips, the cache of operations (iofuncs/cache.c) and the option revalidate of foreign/foreign.c.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pyvips==3.2.0' 'pyvips-binary==8.18.7' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import pyvips
from PIL import Image

rng = np.random.default_rng(0)
first = rng.integers(0, 100, (16, 16, 3), dtype=np.uint8)
second = rng.integers(150, 256, (20, 30, 3), dtype=np.uint8)
version = ".".join(str(pyvips.version(part)) for part in range(3))
print(f"pyvips {pyvips.__version__}, libvips {version}")
holds = True
for name in ("sample.png", "sample.tif"):
    Image.fromarray(first).save(name)
    before = pyvips.Image.new_from_file(name).numpy()
    Image.fromarray(second).save(name)
    after = pyvips.Image.new_from_file(name).numpy()
    fresh = pyvips.Image.new_from_file(name, revalidate=True).numpy()
    print(f"{name}: written {second.shape}, read {after.shape}, with revalidate {fresh.shape}")
    holds = holds and np.array_equal(before, first) and np.array_equal(after, first) and np.array_equal(fresh, second)
print("the old picture is read" if holds else "the new picture is read now")
sys.exit(0 if holds else 1)
PYTHON
