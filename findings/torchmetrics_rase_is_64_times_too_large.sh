#!/usr/bin/env bash
# The relative average spectral error of torchmetrics is 64 times too large, and depends on the size of its window.
#
# Guess before running: RASE of two pictures is the same in torchmetrics and sewar, to 1 per cent (guess 376).
# Found (torchmetrics 1.9.0, sewar 0.4.10): for a picture with a mean of about 0.5 and an error of 0.05 it is 638,
# where 100 * error / mean and sewar give 10; with a window of 4 it is 16 times too large, and with 16 it is 256
# times. The mean over the window is divided by the number of its pixels once more. Figures of papers (per cent)
# cannot be compared with it, nor two window sizes. RMSE over windows and ERGAS agree with sewar. Divide by
# window_size ** 2.
# Source: torchmetrics/functional/image/rase.py (_rase_update: _uniform_filter(target, ...) / (window_size**2)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'torchmetrics==1.9.0' 'sewar==0.4.10' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import sewar
import torch
import torchmetrics
from torchmetrics.functional.image import relative_average_spectral_error

torch.set_num_threads(1)
sewar_version = importlib.metadata.version("sewar")
print(f"torchmetrics {torchmetrics.__version__}, sewar {sewar_version}, torch {torch.__version__}")
random = np.random.default_rng(0)
truth = random.uniform(0.1, 0.9, (64, 64, 3))
made = truth + random.normal(0, 0.05, truth.shape)
tensors = [torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (made, truth)]
by_hand = 100 * np.sqrt(((made - truth) ** 2).mean()) / truth.mean()
print(f"100 * error / mean: {by_hand:.2f}")
holds = True
for window in (4, 8, 16):
    other = float(sewar.rase(truth, made, ws=window))
    value = relative_average_spectral_error(*tensors, window_size=window).item()
    print(f"window of {window}: torchmetrics {value:.1f}, sewar {other:.2f}, ratio {value / other:.1f}")
    holds = holds and abs(value / other / window**2 - 1) < 0.02 and abs(other / by_hand - 1) < 0.1
print("it is too large by the pixels of the window" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
