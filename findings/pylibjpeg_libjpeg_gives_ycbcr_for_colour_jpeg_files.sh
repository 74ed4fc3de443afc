#!/usr/bin/env bash
# libjpeg.decode of pylibjpeg-libjpeg gives Y, Cb and Cr of a colour JPEG, in an array that looks like RGB.
#
# Guess before running: libjpeg.decode of a colour JPEG that Pillow wrote is what Pillow reads, to 2 levels (guess 355;
# it was doubted).
# Found (pylibjpeg-libjpeg 2.5.0, Pillow 13.0.0): it is 50 levels off on the mean, and half a level from what Pillow
# gives in mode YCbCr. The argument colour_transform is 0 by default, "no transform"; with 1, which is described as "RGB
# to YCbCr", the array is RGB. A file whose components are RGB, without a transform, is given alike by both. Give
# colour_transform=1.
# Source: libjpeg/utils.py of pylibjpeg-libjpeg, decode (colour_transform=0).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pylibjpeg-libjpeg==2.5.0' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import libjpeg
import numpy as np
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("pylibjpeg-libjpeg", "pillow")), sep=", ")
small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8))
picture = small.resize((64, 48), Image.Resampling.BILINEAR)


def compare(**options):
    """Mean differences of the default to RGB and to YCbCr of Pillow, and of colour_transform=1 to RGB."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, **options)
    rgb = np.asarray(Image.open(file)).astype(int)
    ycbcr = np.asarray(Image.open(file).convert("YCbCr")).astype(int)
    plain = libjpeg.decode(file.getvalue())
    told = libjpeg.decode(file.getvalue(), colour_transform=1)
    return [float(abs(one - other).mean()) for one, other in ((plain, rgb), (plain, ycbcr), (told, rgb))]


usual, kept = compare(subsampling=0), compare(subsampling=0, keep_rgb=True)
for name, values in (("usual JPEG", usual), ("JPEG of RGB components", kept)):
    print(f"{name}: by default {values[0]:.1f} levels from RGB, {values[1]:.1f} from YCbCr; ", end="")
    print(f"with colour_transform=1 {values[2]:.1f} from RGB")
holds = usual[0] > 20 and usual[1] < 1 and usual[2] < 1 and kept[0] < 1 and kept[2] < 1
print("colours are YCbCr" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
