#!/usr/bin/env bash
# The quality measures of OpenCV find any two float pictures of 0 to 1 equal.
#
# Guess before running: QualitySSIM_compute of float32 pictures of 0 to 1 is that of the same pictures in 8 bits, to
# 0.01 (guess 145; it was doubted).
# Found (opencv-contrib-python 5.0.0.93): 0.9999 in the place of 0.6. Floats are taken as they are, and the constants of
# the measure, which keep flat parts from being divided by 0, are those of pictures of 0 to 255, larger than all that
# varies in one of 0 to 1. QualityGMSD_compute gives 0.00001 in the place of 0.09, QualityPSNR_compute 48 dB more.
# Nothing is said. Multiply by 255 before; QualityPSNR has maxPixelValue.
# Source: opencv_contrib, modules/quality, qualityssim.cpp (C1 = 6.5025, C2 = 58.5225) and qualitygmsd.cpp (T = 170).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'opencv-contrib-python==5.0.0.93' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cv2
import numpy as np

print(f"OpenCV {cv2.__version__}")
rng = np.random.default_rng(0)
clean = cv2.GaussianBlur(rng.integers(0, 256, (96, 128)).astype(np.uint8), (0, 0), 1.0)
noisy = np.clip(clean + rng.normal(0, 20, clean.shape), 0, 255).astype(np.uint8)
measures = {
    "SSIM": cv2.quality.QualitySSIM_compute,
    "GMSD": cv2.quality.QualityGMSD_compute,
    "PSNR": cv2.quality.QualityPSNR_compute,
}
found = {}
for name, measure in measures.items():
    whole = measure(clean, noisy)[0][0]
    unit = measure(*(np.float32(x) / 255 for x in (clean, noisy)))[0][0]
    scaled = measure(*(np.float32(x) for x in (clean, noisy)))[0][0]
    found[name] = whole, unit
    print(f"{name}: in 8 bits {whole:.5f}, floats of 0 to 255 {scaled:.5f}, floats of 0 to 1 {unit:.5f}")
holds = found["SSIM"][0] < 0.7 and found["SSIM"][1] > 0.999
holds = holds and found["GMSD"][0] > 0.05 and found["GMSD"][1] < 1e-3 and found["PSNR"][1] - found["PSNR"][0] > 40
print("floats of 0 to 1 are found equal" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
