#!/usr/bin/env bash
# MONAI's SPADENet changes the list of channels that it is given, so the second network built from one list is another
# network.
#
# Guess before running: a constructor copies its arguments, so two SPADENets built from the same list of channels have
# equal numbers of weights, and the list is what it was.
# Found (monai 1.6.1): the list is reversed and the number of output channels is appended to it, in place. The second
# network has other widths and one more doubling, and nothing is said; a loop over settings that shares one list compares
# networks of different depth. A list of its own for every network, such as list(channels), avoids it.
# Source: monai/networks/nets/spade_network.py, SPADENet.__init__ (decoder_channels.reverse()) and SPADEDecoder.__init__
# (channels.append(...)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'monai==1.6.1' 'torch==2.14.1'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import monai
import torch
from monai.networks.nets import SPADENet


def weights(channels):
    net = SPADENet(
        spatial_dims=2,
        in_channels=1,
        out_channels=3,
        label_nc=3,
        input_shape=[64, 64],
        channels=channels,
        z_dim=8,
        is_vae=True,
    )
    return sum(parameter.numel() for parameter in net.parameters())


shared = [8, 16, 32]
first = weights(shared)
after = list(shared)
second = weights(shared)
own = weights([8, 16, 32])
print(f"monai {monai.__version__}, torch {torch.__version__}")
print(f"channels given: [8, 16, 32]; the same list after one SPADENet: {after}")
print(f"weights of the first network: {first}; of the second, built from the same list: {second}")
print(f"weights with a list of its own: {own}")
holds = after != [8, 16, 32] and first != second and own == first
print("the list is changed, and the second network differs" if holds else "the list is not changed any more")
sys.exit(0 if holds else 1)
PYTHON
