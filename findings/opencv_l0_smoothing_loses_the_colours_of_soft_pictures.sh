#!/usr/bin/env bash
# l0Smooth of OpenCV changes the colours of soft pictures by tens of levels.
#
# Guess before running: each smoothing filter of ximgproc leaves a flat picture flat, and a mirrored picture gives the
# mirrored result, to 2 levels (guess 280; it was doubted).
# Found (opencv-contrib-python-headless 5.0.0.93, 4.10.0.84 too): a soft picture of 64 x 64 is off by tens of levels on
# the mean after l0Smooth at its defaults, and its mirror image gives another result; the method as it is published (Xu
# et al. 2011), in double precision, stays within 10 levels. In float32 the result leaves 0 to 1. Flat colours with
# sharp edges come out right, so that a first test with a drawing shows nothing. Most likely the sums of differences,
# which should be 0, are rounded in single precision and multiplied by the growing factor beta, up to 1e5. Compare the
# mean of the picture before and after, or use another filter.
# Source: opencv_contrib, modules/ximgproc/src/l0_smooth.cpp.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-contrib-python-headless==5.0.0.93' scipy 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

cv2.setNumThreads(1)
print(f"OpenCV {cv2.__version__}")
rng = np.random.default_rng(0)


def published(picture, weight=0.02, kappa=2.0):
    """L0 smoothing by half-quadratic splitting (Xu et al. 2011, algorithm 1), borders joined, in double precision."""
    result = picture / 255
    height, width = result.shape[:2]
    across, down = np.zeros((height, width)), np.zeros((height, width))
    across[0, 0] = down[0, 0] = -1
    across[0, -1] = down[-1, 0] = 1
    power = (np.abs(np.fft.fft2(across)) ** 2 + np.abs(np.fft.fft2(down)) ** 2)[..., None]
    spectrum, beta = np.fft.fft2(result, axes=(0, 1)), 2 * weight
    while beta < 1e5:
        x, y = (np.roll(result, -1, axis) - result for axis in (1, 0))
        large = (x**2 + y**2).sum(2, keepdims=True) >= weight / beta
        x, y = x * large, y * large
        sums = np.roll(x, 1, 1) - x + np.roll(y, 1, 0) - y
        result = np.fft.ifft2((spectrum + beta * np.fft.fft2(sums, axes=(0, 1))) / (1 + beta * power), axes=(0, 1)).real
        beta *= kappa
    return result * 255


def soft(height, width):
    noise = gaussian_filter(rng.normal(size=(height, width, 3)), (6, 6, 0))
    return np.clip(noise * 900 + 128, 20, 235).astype(np.uint8)


drawing = np.full((64, 64, 3), 220, np.uint8)
cv2.circle(drawing, (32, 32), 12, (40, 60, 200), -1)
holds, changes = True, {}
pictures = {"drawing, 64 x 64": drawing, **{f"soft, {y} x {x}": soft(y, x) for y, x in ((40, 50), (64, 64), (60, 80))}}
for name, picture in pictures.items():
    smooth = cv2.ximgproc.l0Smooth(picture).astype(float)
    off, usual = (float(np.abs(made - picture).mean()) for made in (smooth, published(picture)))
    mirrored = cv2.ximgproc.l0Smooth(np.ascontiguousarray(picture[:, ::-1]))[:, ::-1]
    floats = cv2.ximgproc.l0Smooth(picture.astype(np.float32) / 255)
    print(f"{name}: changed by {off:.1f} levels on the mean, as published by {usual:.1f}; ", end="")
    print(f"mirrored {np.abs(mirrored - smooth).mean():.1f} apart; float32 from {floats.min():.2f} to {floats.max():.2f}")
    changes[name] = off
    holds = holds and usual < 12
holds = holds and changes.pop("drawing, 64 x 64") < 1 and max(changes.values()) > 25
print("colours are lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
