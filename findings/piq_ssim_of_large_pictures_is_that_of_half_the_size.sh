#!/usr/bin/env bash
# The SSIM of piq is that of the picture at half its size from 384 pixels on, and its documentation says that this is
# what scikit-image does.
#
# Guess before running: ssim of a noisy picture of 512 pixels is scikit-image's with the Gaussian window, to 0.01 (guess
# 142; it was doubted).
# Found (piq 0.8.0, scikit-image 0.26.0): 0.8 in the place of 0.4. The picture is first averaged by round(side / 256),
# which is 2 from 384 pixels on, and noise is averaged away. Below that the two agree to 1e-5. The documentation names
# scikit-image and TensorFlow as the reason for downsample=True, the default, but only downsample=False gives
# scikit-image's values. Figures of 256 pixels cannot be compared with figures of 512, nor those of 512 with any other
# library.
# Source: piq/ssim.py, ssim (an average pool before the windows). The module is imported alone here, as the package
# needs torchvision, which this measure does not.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3' 'scikit-image==0.26.0' 'scipy==1.17.1'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps 'piq==0.8.0'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import importlib.util
import sys
import types

import numpy as np
import scipy.ndimage
import skimage
import torch
from skimage.metrics import structural_similarity

package = types.ModuleType("piq")  # its module of this measure alone
package.__path__ = list(importlib.util.find_spec("piq").submodule_search_locations)
sys.modules["piq"] = package
from piq.ssim import ssim

print(f"piq {importlib.metadata.version('piq')}, scikit-image {skimage.__version__}, torch {torch.__version__}")
rng = np.random.default_rng(0)
smooth = scipy.ndimage.gaussian_filter(rng.random((512, 512, 3)), (2, 2, 0))
smooth = (smooth - smooth.min()) / np.ptp(smooth)
noisy = np.clip(smooth + 0.1 * rng.standard_normal(smooth.shape), 0, 1)
settings = dict(channel_axis=2, data_range=1, gaussian_weights=True, use_sample_covariance=False, sigma=1.5)
holds = True
for side in (256, 383, 384, 512):
    pair = [x[:side, :side] for x in (smooth, noisy)]
    tensors = [torch.from_numpy(x).permute(2, 0, 1)[None] for x in pair]
    theirs = structural_similarity(*pair, **settings)
    default, full = (ssim(*tensors, data_range=1.0, downsample=value).item() for value in (True, False))
    print(f"{side} pixels: scikit-image {theirs:.3f}, piq {default:.3f}, with downsample=False {full:.3f}")
    holds = holds and abs(full - theirs) < 1e-3 and (abs(default - theirs) > 0.3) == (side >= 384)
print("large pictures are measured at half their size" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
