#!/usr/bin/env bash
# visdom shows a float picture of 0 to 1 as black as soon as one value is above 1.
#
# Guess before running: a float picture of 0 to 1 in which one value is 1.001 is logged within one level of the same
# picture without it (guess 333; it was doubted).
# Found (visdom 0.2.4): a ramp from 0 to 255 becomes one of 0 and 1. A float picture is multiplied by 255 if its largest
# value is at most 1, and else taken for one of 0 to 255. The output of a generator that overshoots a little, or an
# interpolated picture, is black in some steps and right in others. Clamp what is shown to 0 to 1, or hand it over in 8
# bits.
# Source: visdom/__init__.py, image (if img.max() <= 1).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'setuptools<81' 'wheel<1'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation \
  'visdom==0.2.4' 'pillow==13.0.0' 'numpy>=2,<3' 2> /dev/null
cd "$folder"
HOME="$folder" "$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import base64
import importlib.metadata
import io
import re
import sys

import numpy as np
import visdom
from PIL import Image

print(f"visdom {importlib.metadata.version('visdom')}")


def logged(picture):
    """The pixels that the program sends to its server, written to a file in its place."""
    open("log.json", "w").close()
    visdom.Visdom(offline=True, log_to_filename="log.json").image(picture)
    data = re.search(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)", open("log.json").read()).group(1)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)


ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (3, 48, 1))
above = ramp.copy()
above[0, 0, 0] = 1.001
right, wrong = logged(ramp), logged(above)
print(f"0 to 1: levels {right.min()} to {right.max()}; with one value of 1.001: {wrong.min()} to {wrong.max()}")
holds = right.max() == 255 and wrong.max() <= 1
print("one value makes the picture black" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
