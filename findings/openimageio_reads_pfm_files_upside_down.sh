#!/usr/bin/env bash
# OpenImageIO reads PFM files upside down, its own too.
#
# Guess before running: a PFM file that OpenCV writes is upright, and the other way round (guess 66).
# Found (openimageio 3.2.2.0): rows of PFM files go from the bottom to the top. OpenImageIO writes them so, OpenCV and
# Pillow write and read them so, but ImageInput.open(path) and ImageBuf(path) give them from the top down, although the
# attribute pnm:pfmflip has the default 1. A disparity or depth map, or a picture of high range, is turned upside down
# by each reading; written and read again by OpenImageIO it is another one. ImageInput.open(path, ImageSpec()), with a
# configuration in which nothing is said, reads it upright.
# Source: src/pnm.imageio/pnminput.cpp (the flip is set where a file is opened with a configuration alone).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'openimageio==3.2.2.0' 'opencv-python-headless==5.0.0.93' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cv2
import numpy as np
import OpenImageIO as oiio
from PIL import Image

picture = np.random.default_rng(0).random((6, 8), dtype=np.float32)
cv2.imwrite("opencv.pfm", picture)
Image.fromarray(picture).save("pillow.pfm")
oiio.ImageBuf(picture[:, :, None].copy()).write("oiio.pfm")
print(f"OpenImageIO {oiio.__version__}, OpenCV {cv2.__version__}")
holds = True
for writer in ("opencv", "pillow", "oiio"):
    path = f"{writer}.pfm"
    read = {
        "opencv": cv2.imread(path, cv2.IMREAD_UNCHANGED),
        "pillow": np.array(Image.open(path)),
        "ImageBuf": oiio.ImageBuf(path).get_pixels(oiio.FLOAT)[:, :, 0],
    }
    for name, given in (("ImageInput", ()), ("with a configuration", (oiio.ImageSpec(),))):
        opened = oiio.ImageInput.open(path, *given)
        read[name] = opened.read_image(oiio.FLOAT)[:, :, 0]
        opened.close()
    state = {}
    for reader, pixels in read.items():
        state[reader] = {True: "upright"}.get(np.array_equal(pixels, picture), "other")
        if np.array_equal(pixels[::-1], picture):
            state[reader] = "upside down"
    print(f"written by {writer}, read by: {state}")
    holds = holds and all(state.pop(name) == "upside down" for name in ("ImageBuf", "ImageInput"))
    holds = holds and set(state.values()) == {"upright"}
print("PFM files are read upside down" if holds else "PFM files are not upside down any more")
sys.exit(0 if holds else 1)
PYTHON
