#!/usr/bin/env bash
# The hinge loss of MONAI's PatchAdversarialLoss never reaches its hinge.
#
# Guess before running: the generator's loss with criterion="hinge" is minus the mean of the squashed logits, and the
# discriminator's has the usual hinge (guess 33).
# Found (monai 1.6.1): logits go through tanh first, so that they lie in -1..1, and relu(1 - tanh(x)) is never cut off:
# the loss is 1 - mean(tanh(x)), a linear one of squashed values. A discriminator that is sure is not left alone as by a
# hinge, and where it is wrong and sure, at -10, the slope is 1e-8 instead of 1. The generator has the discriminator's
# loss of real pictures. activation cannot be chosen; write the loss from the logits.
# Source: monai/losses/adversarial_loss.py (Tanh for the hinge criterion, torch.min(x - 1, 0)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'monai==1.6.1' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import monai
import torch
from monai.losses import PatchAdversarialLoss

loss = PatchAdversarialLoss(criterion="hinge")
logits = torch.tensor([[-10.0, -2.0, 0.5, 3.0, 10.0]])[None, None].requires_grad_()
real = loss(logits, target_is_real=True, for_discriminator=True)
made = loss(logits, target_is_real=True, for_discriminator=False)
(slopes,) = torch.autograd.grad(real, logits)
linear, hinge = 1 - torch.tanh(logits).mean(), torch.relu(1 - logits).mean()
print(f"monai {monai.__version__}, torch {torch.__version__}")
print(f"loss of real pictures {real.item():.4f}, 1 - mean(tanh(x)) {linear.item():.4f}, hinge {hinge.item():.4f}")
print(f"loss of the generator {made.item():.4f}; slope at -10: {abs(slopes.ravel()[0].item() * 5):.1e}")
holds = torch.isclose(real, linear) and torch.isclose(made, linear) and not torch.isclose(real, hinge)
print("there is no hinge" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
