#!/usr/bin/env bash
# OpenCV, OpenImageIO and imagecodecs ignore the exposure that a Radiance file tells.
#
# Guess before running: a Radiance file whose header says EXPOSURE=2 is read at half of the values of the same file
# without it (guess 267; it was doubted).
# Found (OpenCV 5.0.0.93, OpenImageIO 3.2.2.0, imagecodecs 2026.3.6): the values are those of the file without the line;
# three (0.187) gives the same values too. By the format, EXPOSURE says by what the pixels have been multiplied, and
# radiance is the value divided by the product of all such lines. The programs of Radiance write it whenever they change
# brightness, so that environment maps of one scene are of different brightness, and a mean over them or light that is
# drawn from them is wrong by that factor. OpenImageIO keeps the number as the attribute hdr:exposure, OpenCV and
# imagecodecs drop it. Read the lines up to the first empty one and divide.
# Source: the file format of Radiance (EXPOSURE in its header); OpenCV modules/imgcodecs/src/rgbe.cpp.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-python-headless==5.0.0.93' 'OpenImageIO==3.2.2.0' 'imagecodecs==2026.3.6' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import cv2
import imagecodecs
import numpy as np
import OpenImageIO

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("opencv-python-headless", "OpenImageIO", "imagecodecs")), sep=", ")
radiance = np.random.default_rng(0).random((8, 16, 3)).astype(np.float32) + 0.5
cv2.imwrite("plain.hdr", radiance)
with open("plain.hdr", "rb") as file:
    header, pixels = file.read().split(b"\n\n", 1)
doubled = radiance * 2  # a power of two: the same bytes but for the exponents
cv2.imwrite("doubled.hdr", doubled)
with open("doubled.hdr", "rb") as file:
    pixels = file.read().split(b"\n\n", 1)[1]
with open("exposed.hdr", "wb") as file:  # twice as bright, and the header says so
    file.write(header + b"\nEXPOSURE=2.0\n\n" + pixels)
readers = {
    "OpenCV": lambda name: cv2.imread(name, cv2.IMREAD_UNCHANGED),
    "OpenImageIO": lambda name: OpenImageIO.ImageBuf(name).get_pixels(OpenImageIO.FLOAT),
    "imagecodecs": lambda name: imagecodecs.rgbe_decode(open(name, "rb").read()),
}
holds = True
for name, read in readers.items():
    ratio = float((read("exposed.hdr") / read("plain.hdr")).mean())
    print(f"{name}: the picture that says EXPOSURE=2 is {ratio:.3f} times as bright as the same without it, by the format 1")
    holds = holds and abs(ratio - 2) < 1e-3
kept = {entry.name: entry.value for entry in OpenImageIO.ImageBuf("exposed.hdr").spec().extra_attribs}.get("hdr:exposure")
print(f"OpenImageIO, hdr:exposure: {kept}")
print("the exposure is ignored" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
