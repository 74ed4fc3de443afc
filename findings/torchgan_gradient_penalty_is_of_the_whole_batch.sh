#!/usr/bin/env bash
# The gradient penalty of TorchGAN takes the length of the gradient of the whole batch, so that it asks for another
# slope for each size of batch.
#
# Guess before running: the gradient penalty of a critic whose gradient has length 1 for every picture is 0, for batches
# of 1 and of 16 (guess 137; it was doubted).
# Found (torchgan 0.1.0): it is 0 for a batch of 1 and 9 for a batch of 16, since one norm is taken of the gradients of
# all pictures together, which is 4 there. A critic that is trained with it is driven to a slope of 1 / sqrt(batch) for
# each picture (1/8 for 64), and a change of the size of the batch changes the loss; the paper (Gulrajani et al. 2017,
# algorithm 1) takes a norm for each picture. train_ops also mixes all pairs of a batch with one and the same random
# number. Write the penalty by hand: gradient.flatten(1).norm(dim=1).
# Source: torchgan/losses/functional.py, wasserstein_gradient_penalty (gradients.norm(2)); losses/wasserstein.py (eps).
# Its losses are imported alone here, without its trainer, which needs torchvision.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps 'torchgan==0.1.0'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import importlib.util
import sys
import types

import torch

package = types.ModuleType("torchgan")  # its losses alone
package.__path__ = list(importlib.util.find_spec("torchgan").submodule_search_locations)
sys.modules["torchgan"] = package
from torchgan.losses import WassersteinGradientPenalty

print(f"torchgan {importlib.metadata.version('torchgan')}, torch {torch.__version__}")
generator = torch.Generator().manual_seed(0)
direction = torch.randn(3 * 8 * 8, generator=generator)
direction /= direction.norm()
penalty = WassersteinGradientPenalty()
found = {}
for batch in (1, 4, 16, 64):
    pictures = torch.randn(batch, 3, 8, 8, generator=generator).requires_grad_()
    scores = pictures.flatten(1) @ direction  # a critic whose gradient has length 1 for every picture
    (gradient,) = torch.autograd.grad(scores.sum(), pictures, retain_graph=True)
    each = ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean().item()
    found[batch] = penalty(pictures, scores).item()
    print(f"batch of {batch}: {found[batch]:.4f}; with a norm for each picture {each:.4f}")
holds = all(abs(value - (batch**0.5 - 1) ** 2) < 1e-3 for batch, value in found.items())
print("the norm is that of the batch" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
