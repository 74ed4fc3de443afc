#!/usr/bin/env bash
# stylization of OpenCV makes soft pictures dark and flat ones black.
#
# Guess before running: none of its own. It was seen beside guess 280, which took for granted that a smoothing filter
# leaves a flat picture flat; the documentation says that stylization abstracts regions of low contrast while it keeps
# features of high contrast.
# Found (OpenCV 5.0.0.93, 4.10 and 4.13 too): a grey picture becomes black at all levels, and a soft one of mean 132 has
# a mean of 41, half of it black. The drawing of a red disk on white keeps its colours and gets black outlines, as is
# meant. The strength of edges is divided by its greatest value in the picture, so that where there is no sharp edge,
# noise of a level counts as one. Skies, gradients, blurred and generated backgrounds in a picture of their own come out
# black; add a sharp edge, or leave such pictures out.
# Source: modules/photo/src/npr.hpp (the magnitude is normalised to 0 to 1), contrast_preserve.cpp (stylization
# multiplies by one minus it).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-python-headless==5.0.0.93' scipy 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

cv2.setNumThreads(1)
print(f"OpenCV {cv2.__version__}")
noise = gaussian_filter(np.random.default_rng(0).normal(size=(80, 100, 3)), (4, 4, 0))
drawing = np.full((96, 96, 3), 255, np.uint8)
cv2.circle(drawing, (48, 48), 30, (40, 60, 220), -1, cv2.LINE_AA)
pictures = {
    "flat, level 100": np.full((80, 100, 3), 100, np.uint8),
    "flat, level 255": np.full((80, 100, 3), 255, np.uint8),
    "soft": np.clip(noise * 1500 + 128, 0, 255).astype(np.uint8),
    "drawing": drawing,
}
means = {}
for name, picture in pictures.items():
    styled = cv2.stylization(picture)
    black = float((styled.max(2) < 10).mean())
    means[name] = float(picture.mean()), float(styled.mean())
    print(f"{name}: mean {means[name][0]:.1f} becomes {means[name][1]:.1f}, black {100 * black:.0f} per cent")
holds = means["flat, level 100"][1] == means["flat, level 255"][1] == 0
holds = holds and means["soft"][1] < means["soft"][0] / 2 and means["drawing"][1] > 0.8 * means["drawing"][0]
print("soft and flat pictures are black" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
