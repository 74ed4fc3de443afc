#!/usr/bin/env bash
# tifffile writes a batch of three or four grey pictures as one picture in colour.
#
# Guess before running: a batch of three grey pictures, (3, 64, 48) float32, is read back as three pages (guess 55).
# Found (tifffile 2026.3.3): it is one page in RGB with separate planes; four are RGB with alpha, two and five are
# pages. tifffile gives the array back as it was, so nothing is noticed until another program opens it: Pillow shows one
# picture. A folder of TIFF stacks whose length varies breaks at three and four. photometric="minisblack" says what is
# meant.
# Source: tifffile/tifffile.py (TiffWriter.write: an array whose first or last length is 3 or 4 is taken for RGB).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'tifffile==2026.3.3' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
import tifffile
from PIL import Image


def pages(count, **more):
    """Number of pages that Pillow sees, and the mode of the first."""
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((count, 64, 48), np.uint8), **more)
    with Image.open(io.BytesIO(file.getvalue())) as image:
        return image.n_frames, image.mode


print(f"tifffile {tifffile.__version__}")
found = {count: pages(count) for count in (2, 3, 4, 5)}
said = pages(3, photometric="minisblack")
for count, (number, mode) in found.items():
    print(f"{count} grey pictures: {number} page(s) in mode {mode}")
print(f"3 with photometric='minisblack': {said[0]} pages in mode {said[1]}")
holds = found == {2: (2, "L"), 3: (1, "RGB"), 4: (1, "RGBA"), 5: (5, "L")} and said == (3, "L")
print("three and four are one picture in colour" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
