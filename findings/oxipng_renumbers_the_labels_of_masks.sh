#!/usr/bin/env bash
# oxipng renumbers the labels of masks and the depths of depth maps, for whoever reads them as arrays.
#
# Guess before running: numpy.asarray(Image.open(path)) of a label map, a 16-bit depth map and a picture of few colours
# is the same array before and after optimize (guess 320; it was doubted).
# Found (pyoxipng 9.1.1, Pillow 13.0.0): the picture is the same on a screen, but not as numbers. A grey label map of 0,
# 3 and 9 is stored with a palette of three greys, and its array has 0, 1 and 2; a mask of 0 and 255 becomes one of
# False and True; a palette of labels 0, 7 and 20 is renumbered to 0, 1 and 2; a 16-bit map whose two bytes are equal
# loses 8 bits, and here gets a palette, too; and RGB of few colours is an array of two dimensions. Whether it happens depends on the picture
# (which encoding is smaller), so that a data set is changed in part. Give bit_depth_reduction=False,
# color_type_reduction=False, palette_reduction=False and grayscale_reduction=False, which cost some bytes.
# Source: oxipng, the reductions of colour type, palette and bit depth, which are on by default.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pyoxipng==9.1.1' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import numpy as np
import oxipng
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("pyoxipng", "pillow")), sep=", ")
rng = np.random.default_rng(0)
kept = dict.fromkeys(("bit_depth_reduction", "color_type_reduction", "palette_reduction", "grayscale_reduction"), False)


def labels(numbers):
    """A map of squares that lie over one another."""
    array = np.zeros((256, 256), np.uint8)
    for _ in range(80):
        y, x = rng.integers(0, 226, 2)
        array[y : y + 30, x : x + 30] = rng.choice(numbers)
    return array


def with_palette(array):
    picture = Image.fromarray(array)
    picture.putpalette([int(value) for value in rng.integers(0, 256, 768)])
    return picture


pictures = {
    "labels 0, 3, 9": Image.fromarray(labels([0, 3, 9])),
    "mask 0, 255": Image.fromarray(labels([0, 255])),
    "palette of labels 0, 7, 20": with_palette(labels([0, 7, 20])),
    "depth of 16 bits": Image.fromarray(labels([0, 7, 200]).astype(np.uint16) * 257),
    "RGB of three colours": Image.fromarray(rng.integers(0, 256, (3, 3)).astype(np.uint8)[labels([0, 1, 2])]),
}
changed, safe = [], []
for name, picture in pictures.items():
    file = io.BytesIO()
    picture.save(file, "PNG")
    before = np.asarray(Image.open(file))
    small = Image.open(io.BytesIO(oxipng.optimize_from_memory(file.getvalue())))
    after = np.asarray(small)
    same = np.asarray(Image.open(io.BytesIO(oxipng.optimize_from_memory(file.getvalue(), **kept))))
    values = f"{np.unique(before)[:5]} {before.dtype} -> {np.unique(after)[:5]} {after.dtype}"
    print(f"{name}: mode {picture.mode} -> {small.mode}, {before.shape} -> {after.shape}, {values}")
    changed.append(before.shape != after.shape or not np.array_equal(before, after))
    safe.append(before.shape == same.shape and np.array_equal(before, same))
print(f"without the reductions: {'all the same' if all(safe) else 'not all the same'}")
holds = all(changed) and all(safe)
print("numbers are changed" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
