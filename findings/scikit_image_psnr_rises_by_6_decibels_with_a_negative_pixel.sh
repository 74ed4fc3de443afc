#!/usr/bin/env bash
# The PSNR of scikit-image rises by 6 dB when one pixel of a float reference is below zero.
#
# Guess before running: PSNR of float pictures changes by less than 0.1 dB when one pixel of the reference goes from 0
# to -0.001 (guess 149; it was doubted).
# Found (scikit-image 0.26.0): it changes by 6.02 dB. Without data_range, the range of float pictures is taken for 1 if
# no value of the reference is negative, and for 2 otherwise. Cubic enlargement without clipping, a conversion from
# YCbCr, and codecs that work in floats leave such values, down to -1e-17, so that some pictures of a set get 6 dB more
# than others, and the sides of the pair are not alike. Nothing is said. Give data_range=1.
# Source: skimage/metrics/simple_metrics.py, peak_signal_noise_ratio (true_min >= 0).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'scikit-image==0.26.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import skimage
from skimage.metrics import peak_signal_noise_ratio

print(f"scikit-image {skimage.__version__}")
rng = np.random.default_rng(0)
reference = rng.random((64, 64))
noisy = np.clip(reference + 0.05 * rng.standard_normal(reference.shape), 0, 1)
found = {}
for value in (0.0, -1e-17, -0.001):
    reference[0, 0] = value
    plain, fixed = peak_signal_noise_ratio(reference, noisy), peak_signal_noise_ratio(reference, noisy, data_range=1)
    swapped = peak_signal_noise_ratio(noisy, reference)
    found[value] = plain
    print(f"one pixel at {value:g}: {plain:.2f} dB, the pair the other way round {swapped:.2f} dB, with data_range=1 {fixed:.2f} dB")
holds = all(abs(found[value] - found[0.0] - 6.02) < 0.02 for value in (-1e-17, -0.001))
print("one negative pixel adds 6 dB" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
