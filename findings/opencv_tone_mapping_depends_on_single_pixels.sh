#!/usr/bin/env bash
# The brightness of a picture after OpenCV's tone mapping depends on its single darkest and its single brightest pixel.
#
# Guess before running: tone mapping (gamma, Drago, Reinhard, Mantiuk) of a picture changes a mid-grey patch by less
# than 5 levels when one pixel far away becomes black, and when one becomes twice as bright as the brightest (guess 331;
# it was doubted).
# Found (OpenCV 5.0.0.93): by up to 74 levels. Each of the four first stretches the picture so that its darkest value is
# 0 and its brightest 1, and so the plain gamma moves the patch from 173 to 186 for a black pixel and to 123 for a
# bright one; Drago's moves it from 101 to 175. A highlight or a dead pixel changes the whole picture, frames of a film
# flicker, and blacks that were above 0 are lost. Tone map with a curve of your own, or put the same black and the same white
# pixel into a corner of each picture and cut it off afterwards.
# Source: opencv/modules/photo/src/tonemap.cpp (TonemapImpl::process: img - min, times 1 / (max - min)).
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
picture = np.full((64, 64, 3), 0.4, np.float32)
picture[:, :32] = (0.1 + np.linspace(0, 0.5, 32, dtype=np.float32))[None, :, None]
picture[40:, 40:] = 0.8
dark, bright = picture.copy(), picture.copy()
dark[0, 0], bright[0, 0] = 0, 1.6
curves = {
    "gamma": lambda: cv2.createTonemap(2.2),
    "Drago": lambda: cv2.createTonemapDrago(2.2),
    "Reinhard": lambda: cv2.createTonemapReinhard(2.2),
    "Mantiuk": lambda: cv2.createTonemapMantiuk(2.2),
}
moved = {}
for name, make in curves.items():
    levels = [float(make().process(one)[30, 60].mean()) * 255 for one in (picture, dark, bright)]
    moved[name] = max(abs(level - levels[0]) for level in levels)
    print(f"{name}: grey of 0.4 at {levels[0]:.1f}, with one black pixel {levels[1]:.1f}, one bright {levels[2]:.1f}")
holds = min(moved.values()) > 10 and moved["gamma"] > 40 and moved["Drago"] > 60
print("one pixel changes the whole picture" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
