#!/usr/bin/env bash
# Pillow shifts the numbers of JPEG 2000 files of 12 bits, or of 4, up to 16 bits, or to 8.
#
# Guess before running: a grey map of 0 to 4095 that imagecodecs writes with 12 bits as JPEG 2000 and as JPEG-LS is read
# with its numbers by Pillow, OpenCV and pillow-jpls (guess 354; it was doubted).
# Found (Pillow 13.0.0, imagecodecs 2026.3.6, opencv-python-headless 5.0.0.93, pillow-jpls 1.3.2): right for JPEG-LS,
# and for JPEG 2000 in imagecodecs and OpenCV; Pillow gives each number 16 times as large, in mode I;16, and 64 times as
# large with 10 bits. A label map of 0 to 9 in 4 bits, which OpenCV refuses, becomes 0 to 144 in mode L. White is so not
# quite white (65520 of 65535), and a depth map has another unit; a copy that Pillow saves has the large numbers for
# every reader. Divide by them, which needs the number of bits from elsewhere, or read such files by another library.
# Source: Pillow, src/libImaging/Jpeg2KDecode.c (j2ku_gray_l, j2ku_gray_i: shift by 8 or 16 less prec).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pillow==13.0.0' 'imagecodecs==2026.3.6' 'opencv-python-headless==5.0.0.93' 'pillow-jpls==1.3.2' 'numpy>=2,<3'
OPENCV_LOG_LEVEL=ERROR "$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import cv2
import imagecodecs
import numpy as np
import pillow_jpls  # noqa: F401 (opens JPEG-LS by Pillow)
from PIL import Image

names = ("pillow", "imagecodecs", "opencv-python-headless", "pillow-jpls")
print(*(f"{name} {importlib.metadata.version(name)}" for name in names), sep=", ")
rng = np.random.default_rng(0)
shifted, others = [], []
for bits, top, kind in ((12, 4096, np.uint16), (10, 1024, np.uint16), (4, 10, np.uint8)):
    numbers = rng.integers(0, top, (32, 48)).astype(kind)
    data = imagecodecs.jpeg2k_encode(numbers, bitspersample=bits, level=0, reversible=True)
    picture = Image.open(io.BytesIO(data))
    by_pillow = np.asarray(picture)
    file = io.BytesIO()
    picture.save(file, "JPEG2000")
    copy = imagecodecs.jpeg2k_decode(file.getvalue())
    factor = 2 ** ((16 if kind is np.uint16 else 8) - bits)
    expected = numbers.astype(int) * factor
    shifted += [np.array_equal(by_pillow, expected), np.array_equal(copy, expected)]
    others.append(np.array_equal(imagecodecs.jpeg2k_decode(data), numbers))
    if bits >= 8:  # OpenCV refuses less
        by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        others.append(np.array_equal(by_opencv, numbers))
    print(f"{bits} bits: {numbers[0, :3]}; Pillow {by_pillow[0, :3]} ({picture.mode}), its copy {copy[0, :3]}")
numbers = rng.integers(0, 4096, (32, 48)).astype(np.uint16)
same = np.array_equal(np.asarray(Image.open(io.BytesIO(imagecodecs.jpegls_encode(numbers)))), numbers)
print(f"the others have the numbers: {all(others)}")
print(f"JPEG-LS of 12 bits by pillow-jpls: {'the same' if same else 'other numbers'}")
holds = all(shifted) and all(others) and same
print("numbers are shifted" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
