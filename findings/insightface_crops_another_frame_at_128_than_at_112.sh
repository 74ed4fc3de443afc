#!/usr/bin/env bash
# InsightFace crops another frame round a face at 128, 256 and 512 pixels than at 112, 224 and 448.
#
# Guess before running: norm_crop at 112 and at 256 shows the same part of the face, to a pixel (guess 240; it was
# doubted).
# Found (insightface 2.1, scikit-image 0.26.0, OpenCV 4.13.0): sizes that 112 divides show a square that is 249 pixels
# wide in the picture of the script, the others one of 284, whose additional part lies at both sides and below: the eyes
# stand at 0.46 of the height in the one and at 0.41 in the other. A crop of 512 that is shrunk to 112 for a recognition
# network shows smaller faces, higher up, than the network was trained on, and a generator trained on crops of 512 does
# not fit masks or networks made for crops of 448. Crop at 112, 224 or 448 what goes into a recognition network.
# Source: insightface/utils/face_align.py (estimate_norm: ratio and diff_x).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'scikit-image==0.26.0' 'opencv-python-headless==4.13.0.92' 'numpy>=2,<3'
# Of insightface only the module of alignment is used: the package needs networks.
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/library" \
  'insightface==2.1'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.util
import sys
import warnings

import cv2
import numpy as np

warnings.simplefilter("ignore")
specification = importlib.util.spec_from_file_location("face_align", "library/insightface/utils/face_align.py")
face_align = importlib.util.module_from_spec(specification)
specification.loader.exec_module(face_align)
print(f"insightface 2.1, OpenCV {cv2.__version__}")

landmarks = np.float32([[180, 200], [260, 200], [220, 246], [188, 290], [252, 290]])  # eyes, nose, corners of the mouth
rows, columns = np.mgrid[:512, :512].astype(np.float32)
places = np.dstack([columns, rows, np.ones_like(rows)])  # each pixel holds its place
frames = {}
for size in (112, 224, 448, 128, 256, 512):
    crop = face_align.norm_crop(places, landmarks, size)
    width, height = crop[0, -1, 0] - crop[0, 0, 0], crop[-1, 0, 1] - crop[0, 0, 1]
    scale = size / (size - 1)  # from the first pixel's centre to the last one's, to the whole
    centre = crop[size // 2, size // 2, :2]
    eyes = (200 - crop[0, 0, 1]) / (height * scale)
    frames[size] = float(width * scale), float(eyes)
    print(f"{size}: {width * scale:.1f} x {height * scale:.1f} pixels, centre at {centre.round(1)}, eyes at {eyes:.3f}")
narrow, wide = [frames[size] for size in (112, 224, 448)], [frames[size] for size in (128, 256, 512)]
same = all(abs(one[0] - group[0][0]) < 1 for group in (narrow, wide) for one in group)
holds = same and wide[0][0] / narrow[0][0] > 1.1 and narrow[0][1] - wide[0][1] > 0.04
print("two frames" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
