#!/usr/bin/env bash
# PSNR with blocked effect of TorchMetrics falls with the number of pictures that it is shown.
#
# Guess before running: the measure of a pair of pictures is the same whether the pair is shown once or ten times (guess
# 190; it was doubted).
# Found (torchmetrics 1.9.0): of a picture with blocks of 8 pixels and some noise it is 28.1 dB for one pair, 25.7 for
# the same pair shown twice, 19.3 for ten times and 9.4 for a hundred, in one batch or one by one. The squared error is
# divided by the number of pixels, but the block effect is a sum over all pictures, and is added as it is: over a test
# set of a hundred pictures hardly anything but their number is measured. Figures of sets of different size cannot be
# compared. Call peak_signal_noise_ratio_with_blocked_effect for each picture, and take the mean.
# Source: torchmetrics/image/psnrb.py (self.bef += bef); functional/image/psnrb.py (_compute_bef, whose sums run over
# the batch, and _psnrb_compute: sum_squared_error / num_obs + bef).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'torchmetrics==1.9.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import torch
from torch.nn import functional
from torchmetrics.image import PeakSignalNoiseRatioWithBlockedEffect

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
truth = torch.rand(1, 1, 64, 64, generator=generator)
blocks = functional.interpolate(functional.avg_pool2d(truth, 8), scale_factor=8)
made = (blocks + 0.02 * torch.randn(blocks.shape, generator=generator)).clamp(0, 1)
print(f"torchmetrics {importlib.metadata.version('torchmetrics')}")


def shown(times, one_batch):
    metric = PeakSignalNoiseRatioWithBlockedEffect(data_range=1.0)
    for _ in range(1 if one_batch else times):
        metric.update(*(picture.repeat(times if one_batch else 1, 1, 1, 1) for picture in (made, blocks)))
    return float(metric.compute())


found = {}
for times in (1, 2, 10, 100):
    found[times] = shown(times, False), shown(times, True)
    print(f"a pair shown {times} times: {found[times][0]:.2f} dB one by one, {found[times][1]:.2f} dB in one batch")
holds = all(found[1][way] - found[10][way] > 5 and found[10][way] - found[100][way] > 5 for way in (0, 1))
print("it falls with the number of pictures" if holds else "it does not fall with the number of pictures")
sys.exit(0 if holds else 1)
PYTHON
