#!/usr/bin/env bash
# OpenCV's decolor makes grey pictures black, and stretches the range of others.
#
# Guess before running: decolor of a grey ramp from 60 to 180 gives this ramp, to 2 levels (guess 330; it was doubted).
# Found (OpenCV 5.0.0.93): it gives black for it, and for any picture without colour; of a soft picture in colour whose
# grey goes from 57 to 138 it makes one from 0 to 255. It looks for the grey that keeps the contrast of colours, and
# then stretches the result to the full range; for greys its contrast is zero, and so is what is stretched. A data set
# in which some pictures are grey thus has black ones after it, and levels of two pictures are not comparable. Take
# cvtColor for pictures without colour, and wherever levels have a meaning.
# Source: opencv/modules/photo/src/contrast_preserve.cpp (decolor: gray between its minimum and its maximum).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-python-headless==5.0.0.93' 'numpy>=2,<3'
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import sys

import cv2
import numpy as np

print(f"OpenCV {importlib.metadata.version('opencv-python-headless')}")
ramp = np.tile(np.linspace(60, 180, 64).astype(np.uint8), (48, 1))
grey = cv2.decolor(np.dstack([ramp] * 3))[0]
print(f"grey ramp of {ramp.min()} to {ramp.max()}: {grey.min()} to {grey.max()}")
noise = np.random.default_rng(0).normal(0, 60, (64, 64, 3)).astype(np.float32)
soft = np.clip(100 + 3 * cv2.GaussianBlur(noise, (0, 0), 3), 0, 255).astype(np.uint8)
plain, stretched = cv2.cvtColor(soft, cv2.COLOR_BGR2GRAY), cv2.decolor(soft)[0]
print(f"soft colours: cvtColor {plain.min()} to {plain.max()}, decolor {stretched.min()} to {stretched.max()}")
holds = grey.max() == 0 and plain.min() > 40 and plain.max() < 160 and stretched.min() == 0 and stretched.max() == 255
print("greys are black" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
