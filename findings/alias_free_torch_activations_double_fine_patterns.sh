#!/usr/bin/env bash
# The two-dimensional layers of alias-free-torch double fine patterns and dim coarser ones.
#
# Guess before running: the layers that enlarge, shrink and activate leave a flat picture flat up to the border, and a
# soft wave as it is, to 2 per cent (guess 365; it was doubted).
# Found (alias-free-torch 0.0.6): flat stays flat, but Activation2d with no activation at all, which enlarges and
# shrinks again, gives a wave of 0.05 periods a pixel 0.96 of its height, one of 0.16 periods 0.79 and one of 0.38
# periods 2.3 times its height; Activation1d is right to 1 per cent up to 0.22 periods, and weakens what is finer. The
# filter is sinc of the distance to its centre, which is no low-pass in two dimensions: it passes most where it should
# cut off (jinc, a Bessel function by the distance, is the round one). A chain of such layers strengthens the finest
# patterns, which are those that it is meant to keep away. Use the one-dimensional filter along rows and columns.
# Source: alias_free_torch/filter.py, kaiser_sinc_filter2d.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'alias-free-torch==0.0.6' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import importlib.metadata
import math
import sys

import torch
from alias_free_torch import Activation1d, Activation2d

print(f"alias-free-torch {importlib.metadata.version('alias-free-torch')}, torch {torch.__version__}")
line, plane = Activation1d(torch.nn.Identity()), Activation2d(torch.nn.Identity())
flat = plane(torch.full((1, 1, 64, 64), 0.5))
print(f"a flat picture of 0.5: {flat.min():.4f} to {flat.max():.4f}")
places = torch.arange(128.0)


def height(periods, layer, shape):
    """The height of a wave of 128 pixels after the layer, away from the border."""
    angle = 2 * math.pi * periods / 128 * places
    waves = angle.cos(), angle.sin()
    rows = [layer(wave.expand(1, 1, *shape).clone()).reshape(-1, 128) for wave in waves]
    found = torch.complex(*(row[len(row) // 2] for row in rows))
    return float((found / torch.complex(*waves))[40:88].mean().abs())


heights = {}
for periods in (3, 6, 12, 20, 28, 48):
    heights[periods] = one, two = height(periods, line, (128,)), height(periods, plane, (128, 128))
    print(f"{periods / 128:.3f} periods a pixel: {one:.2f} of the height by Activation1d, {two:.2f} by Activation2d")
right = all(abs(heights[periods][0] - 1) < 0.02 for periods in (3, 6, 12, 20, 28))
holds = abs(flat - 0.5).max() < 1e-4 and right and heights[20][1] < 0.85 and heights[48][1] > 2
print("fine patterns are doubled" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
