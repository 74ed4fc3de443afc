#!/usr/bin/env bash
# pillow-lut applies a .cube file over 0 to 1 whatever domain the file states.
#
# Guess before running: a .cube file with a domain of 0 to 2 is applied over that domain by pillow-lut, or refused
# (guess 68).
# Found (pillow-lut 1.1.0): lines DOMAIN_MIN and DOMAIN_MAX are skipped. A table from 0..2 to 0..1 halves a colour in
# colour-science and OpenColorIO, and does nothing in pillow-lut. Tables for pictures of high range, and those with a
# domain below 0, thus change contrast without a word. Resample such a table to the domain 0..1 first.
# Source: pillow_lut/loaders.py, load_cube_file (lines that begin with no number are passed over).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pillow-lut==1.1.0' 'pillow==13.0.0' 'colour-science==0.4.7' 'opencolorio==2.6.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
from pathlib import Path

import colour
import numpy as np
import pillow_lut
import PyOpenColorIO as ocio
from PIL import Image

table = colour.LUT3D(size=17)
table.table = colour.LUT3D.linear_table(17)
table.domain = np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
colour.write_LUT(table, "half.cube")
pixel = np.array([[[204, 102, 52]]], np.uint8)
values = pixel[0] / 255
path = str(Path("half.cube").resolve())
processor = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(path)).getDefaultCPUProcessor()
in_colour = colour.read_LUT("half.cube").apply(values)[0] * 255
in_ocio = np.array(processor.applyRGB(values[0].tolist())) * 255
in_pillow = np.array(Image.fromarray(pixel).filter(pillow_lut.load_cube_file("half.cube")))[0, 0]
print(f"pillow-lut {importlib.metadata.version('pillow-lut')}, {Path(path).read_text().splitlines()[1:4]}")
print(f"204, 102, 52 in colour-science: {in_colour.round(1)}, OpenColorIO: {in_ocio.round(1)}, pillow-lut: {in_pillow}")
half = np.array([102, 51, 26])
holds = np.abs(in_colour - half).max() < 1 and np.abs(in_ocio - half).max() < 1
holds = holds and np.array_equal(in_pillow, pixel[0, 0])
print("the domain is ignored" if holds else "the domain is not ignored any more")
sys.exit(0 if holds else 1)
PYTHON
