#!/usr/bin/env bash
# resize-right darkens the edge of every picture that it resizes.
#
# Guess before running: a white picture at half its size is white, to one level (guess 158; it was doubted).
# Found (resize-right 0.0.2): the corners of a white picture are at 0.87 at half its size, at 0.86 at three tenths, and
# at 0.64 at twice its size, and the rows and columns along the edge at the root of that; next to it is a rim above 1.
# Beyond the picture it takes black (pad_mode="constant"), which is the default, for arrays and tensors. Nothing is
# said. As a degradation for training of super-resolution it teaches dark frames, and as a loss on shrunken pictures it
# pulls the edges up. Give pad_mode="edge" for arrays, "replicate" for tensors.
# Source: resize_right/resize_right.py, resize (pad_mode='constant') and fw_pad.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'resize-right==0.0.2' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import torch
from resize_right import resize

print(f"resize-right {importlib.metadata.version('resize-right')}, torch {torch.__version__}")
white, tensor = np.ones((60, 60, 3)), torch.ones(1, 3, 60, 60)
holds = True
for scale in (0.5, 0.3, 2):
    array, batch = resize(white, scale_factors=scale), resize(tensor, scale_factors=scale)[0].permute(1, 2, 0).numpy()
    edge = resize(white, scale_factors=scale, pad_mode="edge")
    replicate = resize(tensor, scale_factors=scale, pad_mode="replicate")
    half = array.shape[0] // 2
    print(
        f"white at {scale} of its size: corner {array[0, 0, 0]:.3f}, edge {array[half, 0, 0]:.3f}, greatest {array.max():.3f}; "
        f'the least with pad_mode="edge" is {edge.min():.3f}, of a tensor with "replicate" {float(replicate.min()):.3f}'
    )
    holds = holds and np.allclose(array, batch, atol=1e-5) and array[0, 0].max() < 0.9 and array.max() > 1.02
    holds = holds and edge.min() > 0.999 and float(replicate.min()) > 0.999
print("edges are dark" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
