#!/usr/bin/env bash
# thop counts a transposed convolution as four times what it costs, and a convolution by function as nothing.
#
# Guess before running: ConvTranspose2d with stride 2 has as many multiplications in thop as in PyTorch's
# FlopCounterMode (half its figure), and a convolution by F.conv2d is counted like a layer (guesses 138 and 139; both
# were doubted).
# Found (thop 0.1.1.post2209072238): with stride 2 it is four times as many, with stride 4 sixteen times, as the size of
# the output is multiplied by the whole kernel, of which each output pixel sees a part. The modulated convolutions of
# StyleGAN, which call F.conv2d, and MultiheadAttention count as 0. Tables of costs that it makes put DCGAN and pix2pix
# far above their cost, and StyleGAN near nothing. torch.utils.flop_counter.FlopCounterMode counts what is run (two
# operations a multiplication).
# Source: thop/vision/basic_hooks.py, count_convNd, which is used for ConvTranspose2d, too (thop/profile.py,
# register_hooks: modules alone).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3' 'thop==0.1.1.post2209072238'
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import importlib.metadata
import io
import sys

import thop
import torch
from torch.utils.flop_counter import FlopCounterMode


class ByFunction(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(16, 16, 3, 3))

    def forward(self, x):
        return torch.nn.functional.conv2d(x, self.weight, padding=1)


print(f"thop {importlib.metadata.version('thop')}, torch {torch.__version__}")
layers = {
    "Conv2d": torch.nn.Conv2d(16, 16, 3, padding=1, bias=False),
    "ConvTranspose2d, stride 2": torch.nn.ConvTranspose2d(16, 16, 4, 2, 1, bias=False),
    "ConvTranspose2d, stride 4": torch.nn.ConvTranspose2d(16, 16, 8, 4, 2, bias=False),
    "F.conv2d": ByFunction(),
}
ratio = {}
for name, layer in layers.items():
    x = torch.ones(1, 16, 32, 32)
    with FlopCounterMode(display=False) as counter:
        layer(x)
    true = counter.get_total_flops() / 2
    with contextlib.redirect_stdout(io.StringIO()):
        counted = thop.profile(layer, inputs=(x,))[0]
    ratio[name] = counted / true
    print(f"{name}: {true:.0f} multiplications, thop counts {counted:.0f}, {ratio[name]:.1f} times as many")
holds = [round(value, 3) for value in ratio.values()] == [1, 4, 16, 0]
print("transposed convolutions count several times" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
