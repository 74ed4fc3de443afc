#!/usr/bin/env bash
# G'MIC writes a picture that goes a little above 255 as a PNG file in 16 bits, nearly black.
#
# Guess before running: a grey ramp with 20 added, written as PNG, is white where it was above 235 (guess 130; it was
# doubted).
# Found (gmic 3.6.3, and 2.9.4 of Debian 12): values are neither cut nor stretched. A single value above 255, as any
# sharpening makes, turns the file to 16 bits, where white is 65535, so that 255 is almost black; without that value the
# same picture is in 8 bits and bright. Write "cut 0,255" before "output".
# Source: the files that it writes.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'gmic==3.6.3.post1' 'pillow==11.3.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys
import tempfile

import gmic
import numpy as np
from PIL import Image

print(f"gmic {gmic.__version__}")
white = {}
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    commands = {"as it is": "", "20 added": "add 20", "one pixel at 256": "set 256,0,0,0,0", "20 added, cut": "add 20 cut 0,255"}
    for name, command in commands.items():
        gmic.run(f"256,8,1,1,x {command} output result.png")
        with Image.open("result.png") as image:
            values = np.asarray(image)
        white[name] = float(values[4, 255]) / np.iinfo(values.dtype).max  # share of white at the bright end
        print(f"{name}: {values.dtype}, the bright end is at {white[name]:.4f} of white")
    os.chdir("/")
holds = white["as it is"] == white["20 added, cut"] == 1 and max(white["20 added"], white["one pixel at 256"]) < 0.01
print("a value above 255 makes the file dark" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
