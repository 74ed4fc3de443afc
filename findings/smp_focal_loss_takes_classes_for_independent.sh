#!/usr/bin/env bash
# The focal loss of segmentation-models-pytorch for several classes puts a sigmoid on the score of each class, where a
# network for several classes is read by softmax.
#
# Guess before running: FocalLoss("multiclass", gamma=0) is PyTorch's cross entropy, and does not change when a number
# is added to the scores of all classes (guess 372; it was doubted).
# Found (segmentation-models-pytorch 0.6.0): it is the mean over classes of the binary cross entropy of each class
# against the rest. A number that is added to all scores leaves the softmax as it is, and moves the loss from 0.83 to
# 2.37 for random scores; where every pixel is right and sure by softmax it goes from 0 to 3.7. The mode "multilabel"
# makes the same loss, and so nothing couples the classes. Scores that were trained with it are to be read by a
# sigmoid, not by softmax. For a focal loss of softmax take -(1 - p) ** gamma * log(p) of log_softmax at the class of
# each pixel.
# Source: segmentation_models_pytorch/losses/focal.py (forward: focal_loss_with_logits for each class).
# Its losses are imported alone here, without its networks, which need torchvision.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  --no-deps 'segmentation-models-pytorch==0.6.0'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import importlib.util
import sys
import types

import torch
import torch.nn.functional as F

name = "segmentation_models_pytorch"
package = types.ModuleType(name)  # its losses alone
package.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
sys.modules[name] = package
from segmentation_models_pytorch.losses import FocalLoss

version = importlib.metadata.version("segmentation-models-pytorch")
print(f"segmentation-models-pytorch {version}, torch {torch.__version__}")
generator = torch.Generator().manual_seed(0)
scores = torch.randn(2, 4, 8, 8, generator=generator)
truth = torch.randint(0, 4, (2, 8, 8), generator=generator)
hot = F.one_hot(truth, 4).movedim(-1, 1)
loss = FocalLoss("multiclass", gamma=0)
found = {}
for shift in (0, 3, -3):
    each = F.binary_cross_entropy_with_logits(scores + shift, hot.float(), reduction="none").mean((0, 2, 3)).mean()
    cross = F.cross_entropy(scores + shift, truth)
    found[shift] = loss(scores + shift, truth).item()
    print(f"scores {shift:+d}: loss {found[shift]:.4f}, sigmoids {each:.4f}, softmax {cross:.4f}")
    found[shift, "sigmoids"], found[shift, "softmax"] = each.item(), cross.item()
right = torch.full((2, 4, 8, 8), -5.0).scatter_(1, truth[:, None], 5.0)
sure = [FocalLoss("multiclass")(right + shift, truth).item() for shift in (0, 5, 10)]
print("right and sure by softmax, scores +0, +5, +10, gamma 2: " + ", ".join(f"{value:.4f}" for value in sure))
same = FocalLoss("multilabel", gamma=0)(scores, hot.float()).item()
print(f"as multilabel: {same:.4f}")
holds = all(abs(found[shift] - found[shift, "sigmoids"]) < 1e-4 for shift in (0, 3, -3))
holds = holds and abs(found[0, "softmax"] - found[3, "softmax"]) < 1e-4 and found[3] > 2 * found[0]
holds = holds and sure[0] < 1e-3 and sure[2] > 1 and abs(same - found[0]) < 1e-4
print("the classes are taken for independent" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
