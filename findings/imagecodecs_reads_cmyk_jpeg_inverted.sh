#!/usr/bin/env bash
# imagecodecs gives the ink of a CMYK JPEG inverted.
#
# Guess before running: jpeg_decode of a CMYK JPEG that Pillow wrote gives the numbers that Pillow reads (guess 1).
# Found (imagecodecs 2026.3.6, Pillow 13.0.0): every value is 255 minus the ink. Programs of print write CMYK JPEG
# inverted, with a marker by Adobe; Pillow undoes it, imagecodecs gives the numbers of the file. A picture that is read
# by it and printed, or converted to RGB as ink, is a negative. TIFF files with JPEG inside are not inverted, so one
# rule for both is wrong. Take 255 - x for JPEG files with an Adobe marker.
# Source: imagecodecs/_jpeg8.pyx (jpeg_decode keeps JCS_CMYK as it is); Pillow, PIL/JpegImagePlugin.py ("CMYK;I" for
# files with an Adobe marker).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'imagecodecs==2026.3.6' 'pillow==13.0.0'
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import imagecodecs
import numpy as np
import PIL
from PIL import Image

ink = np.zeros((32, 32, 4), np.uint8)
ink[..., 0], ink[..., 3] = 200, 20
file = io.BytesIO()
Image.fromarray(ink, "CMYK").save(file, "JPEG", quality=95)
pillow = np.asarray(Image.open(io.BytesIO(file.getvalue()))).astype(int)
other = imagecodecs.jpeg_decode(file.getvalue()).astype(int)
print(f"imagecodecs {imagecodecs.__version__}, Pillow {PIL.__version__}")
print(f"written {ink[0, 0]}; Pillow reads {pillow[0, 0]}; imagecodecs reads {other[0, 0]}")
holds = np.abs(pillow - (255 - other)).max() <= 2 and np.abs(pillow - other).max() > 50
print("imagecodecs gives 255 minus the ink" if holds else "both give the same now")
sys.exit(0 if holds else 1)
PYTHON
