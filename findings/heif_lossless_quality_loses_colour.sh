#!/usr/bin/env bash
# The "lossless" quality of pillow-heif loses most of the colour of fine detail.
#
# Guess before running: quality=-1, which its description calls lossless, gives RGB noise back bit for bit (guess 40).
# Found (pillow-heif 1.8.1): values are off by up to 245 of 255, and the file is half as large as that of the true
# picture. Lossless is only the coder: the picture is still converted to YCbCr and its colour halved (4:2:0) before.
# chroma=444 leaves errors of one level; chroma=444 with matrix_coefficients=0 is exact. Label maps in colours that are
# kept as "lossless" HEIF get new colours along their edges.
# Source: pillow_heif/heif.py and the options of libheif (chroma, matrix_coefficients).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pillow-heif==1.8.1' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
print(f"pillow-heif {pillow_heif.__version__}, libheif {pillow_heif.libheif_version()}")
errors = []
for more in ({}, {"chroma": 444}, {"chroma": 444, "matrix_coefficients": 0}):
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "HEIF", quality=-1, **more)
    made = np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB")).astype(int)
    errors.append(int(np.abs(made - noise).max()))
    print(f"quality=-1 {more}: {len(file.getvalue())} bytes, largest error {errors[-1]}")
holds = errors[0] > 100 and errors[1] <= 2 and errors[2] == 0
print("quality=-1 alone is not lossless" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
