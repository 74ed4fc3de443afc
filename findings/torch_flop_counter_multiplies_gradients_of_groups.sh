#!/usr/bin/env bash
# PyTorch's FlopCounterMode counts the weight gradient of a grouped convolution once for each group too often.
#
# Guess before running: FlopCounterMode counts twice the operations of the forward pass for the backward pass of a
# grouped convolution, as it does for one without groups (guess 410; it was doubted).
# Found (torch 2.13.0): 2 times without groups, and 5, 17 and 65 times with 4, 16 and 64 groups: the forward pass and
# the gradient of the input are right, that of the weights has as many operations as without groups. Transposed
# convolutions are counted in the same way. The modulated convolutions of StyleGAN2 and 3 have a group for each picture
# of a batch, so that a training step seems to cost several times more, and more with each picture that is added to the
# batch. Depthwise convolutions of a U-Net or a ConvNeXt are counted tens of times. Take three times the forward pass
# for such networks.
# Source: torch/utils/flop_counter.py (conv_backward_flop, which is not told of groups).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

torch.set_num_threads(1)
print(f"torch {torch.__version__}")


def operations(function):
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


holds = True
picture = torch.randn(2, 64, 16, 16, generator=torch.Generator().manual_seed(0), requires_grad=True)
for kind in (torch.nn.Conv2d, torch.nn.ConvTranspose2d):
    for groups in (1, 4, 16, 64):
        layer = kind(64, 64, 3, padding=1, groups=groups, bias=False)
        forward = operations(lambda: layer(picture))
        by_hand = 2 * 2 * 16 * 16 * 64 * 64 // groups * 9
        both = operations(lambda: layer(picture).sum().backward())
        ratio = (both - forward) / forward
        print(f"{kind.__name__}, {groups} groups: forward {forward} (by hand {by_hand}), backward {ratio:g} times that")
        holds = holds and forward == by_hand and ratio == 1 + groups
pictures, channels = 8, 64  # a modulated convolution: the pictures of a batch are groups
weights = torch.randn(pictures * channels, channels, 3, 3, requires_grad=True)
batch = torch.randn(1, pictures * channels, 16, 16, requires_grad=True)
forward = operations(lambda: torch.nn.functional.conv2d(batch, weights, padding=1, groups=pictures))
both = operations(lambda: torch.nn.functional.conv2d(batch, weights, padding=1, groups=pictures).sum().backward())
print(f"modulated convolution of {pictures} pictures: a step is {both / forward:g} forward passes, not 3")
holds = holds and both == (2 + pictures) * forward
print("gradients of groups are counted several times" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
