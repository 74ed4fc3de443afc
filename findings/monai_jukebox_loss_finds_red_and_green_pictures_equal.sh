#!/usr/bin/env bash
# MONAI's JukeboxLoss does not tell a red picture from the same picture in green.
#
# Guess before running: JukeboxLoss is the mean squared difference of the amplitudes of the Fourier transform in space
# (guess 461; it was doubted).
# Found (MONAI 1.6.1, torch 2.13.0): the transform runs over the channels, too, and amplitudes do not change when
# channels are shifted round: red, green and blue pictures of one shape are at a distance of 0, and so are any picture
# and the same one with its channels in the order green, blue, red. A grey picture of the same sum is at 0.07, and two
# channels that are exchanged give a little. By its documentation it is given the number of dimensions in space. With
# one channel, as in medicine, it is right. An autoencoder of colour pictures gets no hint of the hue from it. Call it
# on each channel by itself.
# Source: monai/losses/spectral_loss.py (fft_dim = tuple(range(1, spatial_dims + 2)), where 1 is the channel).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'monai==1.6.1' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import torch
from monai.losses import JukeboxLoss

torch.set_num_threads(1)
print(f"MONAI {importlib.metadata.version('monai')}, torch {torch.__version__}")
generator = torch.Generator().manual_seed(0)
red = torch.zeros(2, 3, 16, 16)
red[:, 0] = torch.rand(2, 16, 16, generator=generator)
soft = torch.rand(2, 3, 16, 16, generator=generator)
loss = JukeboxLoss(spatial_dims=2)


def by_channel(first, second):
    return loss(first.flatten(0, 1)[:, None], second.flatten(0, 1)[:, None])


pairs = {
    "red and green": (red, red.roll(1, 1)),
    "red and grey": (red, red.sum(1, keepdim=True).expand_as(red) / 3),
    "a picture and its channels in the order green, blue, red": (soft, soft.roll(-1, 1)),
    "two pictures": (soft, soft.flip(0)),
}
found = {}
for name, pair in pairs.items():
    found[name] = loss(*pair).item(), by_channel(*pair).item()
    print(f"{name}: {found[name][0]:.4f}, channel by channel {found[name][1]:.4f}")
green, grey, order, other = found.values()
holds = max(green[0], order[0]) < 1e-9 < 0.01 < min(green[1], order[1], grey[0], other[0])
print("red and green are equal" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
