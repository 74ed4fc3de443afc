#!/usr/bin/env bash
# psnr and ssim of image-similarity-measures take pictures for 12-bit ones, so that 8-bit pictures score 24 dB too high.
#
# Guess before running: psnr of two 8-bit pictures is scikit-image's (guess 94).
# Found (image-similarity-measures 0.3.6): the greatest value is 4095 unless max_p is given, for arrays of uint8 too,
# and on its command line there is no setting for it. Noise of up to 20 levels has 51 dB in the place of 27, and an SSIM
# of 0.995, which read as "no difference seen". Figures from it are not comparable with any others. Give max_p=255.
# Source: image_similarity_measures/quality_metrics.py (max_p: int = 4095).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'image-similarity-measures==0.3.6' 'scikit-image' 'numpy<2'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from image_similarity_measures import quality_metrics
from skimage.metrics import peak_signal_noise_ratio

rng = np.random.default_rng(0)
picture = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
noisy = np.clip(picture.astype(int) + rng.integers(-20, 20, picture.shape), 0, 255).astype(np.uint8)
default = quality_metrics.psnr(picture, noisy)
given = quality_metrics.psnr(picture, noisy, max_p=255)
usual = peak_signal_noise_ratio(picture, noisy)
ssim = quality_metrics.ssim(picture, noisy)
print(f"image-similarity-measures {importlib.metadata.version('image-similarity-measures')}")
print(f"psnr {default:.1f}, with max_p=255 {given:.1f}, scikit-image {usual:.1f} dB; ssim {ssim:.3f}")
holds = default - usual > 24 and abs(given - usual) < 0.01
print("12 bits are assumed" if holds else "12 bits are not assumed any more")
sys.exit(0 if holds else 1)
PYTHON
