#!/usr/bin/env bash
# torchinfo counts a linear layer as if it were used on one token, however many there are.
#
# Guess before running: the multiplications that summary gives for a linear layer on 256 tokens and for a transposed
# convolution with stride 2 are those by hand, to 1 per cent (guess 442; it was doubted).
# Found (torchinfo 1.8.0, torch 2.13.0): 2048 in the place of 524288 for the linear layer, the same as for one vector,
# and four times too many for the transposed convolution, as it takes the pixels of its output for those of its input.
# A block of a transformer on 256 tokens has 4320 in the place of 6.3 million, since its attention is not counted
# either. A vision transformer, or a diffusion transformer, seems to cost as little as its first layer that cuts the
# picture into patches. Convolutions are right. The first was reported in 2021 and has been mended in the repository,
# but there is no release since 2023. Count with torch.utils.flop_counter, or with hooks of your own.
# Source: torchinfo/layer_info.py (calculate_macs: output_size[0] times the parameters for all layers without "Conv"
# in their name).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'torchinfo==1.8.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import torchinfo
from torch import nn

torch.set_num_threads(1)
print(f"torchinfo {torchinfo.__version__}, torch {torch.__version__}")


def counted(layer, *size):
    return torchinfo.summary(layer, input_size=size, verbose=0).total_mult_adds


block = 256 * (32 * 96 + 32 * 32 + 2 * 32 * 64) + 2 * 256 * 256 * 32
cases = {
    "linear layer, one vector": (counted(nn.Linear(32, 64, bias=False), 1, 32), 32 * 64),
    "linear layer, 256 tokens": (counted(nn.Linear(32, 64, bias=False), 1, 256, 32), 256 * 32 * 64),
    "block of a transformer, 256 tokens": (
        counted(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 1, 256, 32),
        block,
    ),
    "convolution, 32 x 32": (
        counted(nn.Conv2d(16, 8, 3, padding=1, bias=False), 1, 16, 32, 32),
        16 * 8 * 9 * 32 * 32,
    ),
    "transposed convolution, 32 x 32 to 64 x 64": (
        counted(nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), 1, 16, 32, 32),
        16 * 8 * 16 * 32 * 32,
    ),
}
for name, (found, by_hand) in cases.items():
    print(f"{name}: {found}, by hand {by_hand}")
vector, tokens, transformer, convolution, transposed = (found / by_hand for found, by_hand in cases.values())
holds = vector == convolution == 1 and tokens == 1 / 256 and transformer < 0.01 and transposed == 4
print("one token is counted" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
