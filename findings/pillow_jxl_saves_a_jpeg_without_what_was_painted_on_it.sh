#!/usr/bin/env bash
# pillow-jxl-plugin saves a JPEG that was opened and changed as it was before the change.
#
# Guess before running: a JPEG that is opened, painted on and saved as .jxl has the paint (guess 170; it was doubted).
# Found (pillow-jxl-plugin 1.3.8, Pillow 13.0.0): the file that was opened is packed anew, and the pixels in memory are
# not looked at: a watermark, a mask, or a face painted over in place by ImageDraw, paste or putpixel is gone, quality
# and lossless have no effect, and after thumbnail((32, 32)) the file still has 64 x 64 pixels. A warning says that JPEG
# data is kept, not that changes are lost. Save picture.copy(), or give lossless_jpeg=False.
# Source: pillow_jxl/JpegXLImagePlugin.py, _save (im.format == "JPEG" and im.filename).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pillow-jxl-plugin==1.3.8' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import pillow_jxl  # noqa: F401
import PIL
from PIL import Image, ImageDraw

print(f"pillow-jxl-plugin {importlib.metadata.version('pillow-jxl-plugin')}, Pillow {PIL.__version__}")
found = {}
with tempfile.TemporaryDirectory() as folder:
    source, path = f"{folder}/a.jpg", f"{folder}/a.jxl"
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(source)

    def painted():
        picture = Image.open(source)
        ImageDraw.Draw(picture).rectangle((10, 10, 50, 50), fill=(255, 0, 0))
        return picture

    def centre(picture, **options):
        picture.save(path, **options)
        with Image.open(path) as saved:
            return tuple(int(value) for value in saved.convert("RGB").getpixel((30, 30)))

    found["as it is"] = centre(painted())
    found["quality=70"] = centre(painted(), quality=70)
    found["lossless=True"] = centre(painted(), lossless=True)
    found['convert("RGB")'] = centre(painted().convert("RGB"))
    found["lossless_jpeg=False"] = centre(painted(), lossless_jpeg=False)
    found["copy()"] = centre(painted().copy())
    small = Image.open(source)
    small.thumbnail((32, 32))
    small.save(path)
    with Image.open(path) as saved:
        size = saved.size
red = [value[0] > 230 and value[1] < 30 for value in found.values()]
for name, painted_red in zip(found, red):
    print(f"painted red in the middle, saved {name}: the middle is {'red' if painted_red else 'grey as before'}")
print(f"after thumbnail((32, 32)) the file has {size[0]} x {size[1]} pixels")
holds = red == [False, False, False, True, True, True] and size == (64, 64)
print("the paint is lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
