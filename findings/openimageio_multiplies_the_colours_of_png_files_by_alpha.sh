#!/usr/bin/env bash
# OpenImageIO multiplies the colours of a PNG file by its alpha when it reads it, and divides an array by its alpha when
# it writes one.
#
# Guess before running: ImageBuf(path).get_pixels of a PNG with alpha has the colours that Pillow reads (guess 65; it
# was doubted).
# Found (openimageio 3.2.2.0): colours under alpha 0 come back as 0, and those under small alpha lose levels, so that a
# picture that is read and written again has other colours; those kept under a mask for completion are gone. An array of
# colours that were never multiplied, written as PNG, is divided by its alpha and cut at 255: cut-outs get bright edges.
# Open a file with a configuration that has "oiio:UnassociatedAlpha" = 1, and set that attribute to 1 in the spec of
# what is written.
# Source: the documentation of PNG files and of oiio:UnassociatedAlpha says so; pnginput.cpp and pngoutput.cpp.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'openimageio==3.2.2.0' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import OpenImageIO as oiio
from PIL import Image

picture = np.random.default_rng(0).integers(0, 256, (32, 32, 4), dtype=np.uint8)
picture[:8, :, 3] = 0
picture[8:16, :, 3] = 255
Image.fromarray(picture).save("picture.png")


def off(pixels):
    """Greatest difference of the colours: under alpha 0, under alpha 255, elsewhere."""
    wrong = np.abs(pixels[..., :3].astype(int) - picture[..., :3])
    return [int(part.max()) for part in (wrong[:8], wrong[8:16], wrong[16:])]


read = oiio.ImageBuf("picture.png")
plain = off(read.get_pixels(oiio.UINT8))
read.write("again.png")
again = off(np.array(Image.open("again.png")))
oiio.ImageBuf(picture).write("array.png")
written = off(np.array(Image.open("array.png")))
straight = oiio.ImageSpec()
straight.attribute("oiio:UnassociatedAlpha", 1)
opened = oiio.ImageInput.open("picture.png", straight)
kept = off(opened.read_image(oiio.UINT8))
opened.close()
spec = oiio.ImageSpec(32, 32, 4, oiio.UINT8)
spec.attribute("oiio:UnassociatedAlpha", 1)
output = oiio.ImageOutput.create("straight.png")
output.open("straight.png", spec)
output.write_image(picture)
output.close()
stored = off(np.array(Image.open("straight.png")))
print(f"OpenImageIO {oiio.__version__}; greatest error of colours under alpha 0, alpha 255, elsewhere")
print(f"read: {plain}; read and written: {again}; array written: {written}")
print(f"with oiio:UnassociatedAlpha: read {kept}, written {stored}")
holds = plain[0] > 200 and plain[2] > 200 and again[0] > 200 and again[2] > 50 and written[2] > 200
holds = holds and plain[1] == again[1] == written[1] == 0 and kept == stored == [0, 0, 0]
print("colours are multiplied and divided" if holds else "colours are kept now")
sys.exit(0 if holds else 1)
PYTHON
