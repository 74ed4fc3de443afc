#!/usr/bin/env bash
# Two modules of FrEIA give log-determinants of the wrong sign or the wrong shape, and one ignores its initial scale.
#
# Guess before running: the log-determinant of each invertible module is autograd's to 1e-3, in both directions, and the
# inverse gives the input back (guess 270; it was doubted).
# Found (FrEIA 0.2, PyTorch 2.13.0): The others that were run are right, but for InvAutoFC, which says that its inverse
# has to be learned. LearnedElementwiseScaling gives the same sign for both directions, so that the likelihood of a
# sample that is computed backwards is off by twice its log-determinant, and its init_scale is multiplied by zeros: a
# module made with init_scale=2 does not scale. InvertibleSigmoid sums over the first axis alone, which is right for
# vectors; for pictures it gives a map of height x width for each picture, which broadcasts with the sums of other
# modules instead of being added to them. Divide the sign by hand, set the parameter s, and flatten pictures before the
# sigmoid.
# Source: FrEIA/modules/inv_auto_layers.py (jac = torch.sum(self.s), np.log(init_scale) * torch.zeros);
# FrEIA/modules/fixed_transforms.py (logJ.sum(1)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'FrEIA==0.2' 'torch==2.13.0' 'numpy>=2,<3' scipy
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import torch
from FrEIA import modules
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("FrEIA", "torch")), sep=", ")
torch.manual_seed(0)
channels, size = 4, 4
picture, vector = [(channels, size, size)], [(6,)]


def convolutions(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, outputs, 3, padding=1))


def true_log_determinant(module, example):
    def flat(values):
        return module([values.reshape(example.shape)])[0][0].reshape(-1)

    return float(torch.linalg.slogdet(torch.autograd.functional.jacobian(flat, example.reshape(-1)))[1])


found = {}
for name, module, shape in (
    ("GLOWCouplingBlock", modules.GLOWCouplingBlock(picture, subnet_constructor=convolutions), picture[0]),
    ("ActNorm", modules.ActNorm(picture), picture[0]),
    ("HaarDownsampling", modules.HaarDownsampling(picture, rebalance=2.0), picture[0]),
    ("LearnedElementwiseScaling", modules.LearnedElementwiseScaling(picture), picture[0]),
    ("InvertibleSigmoid of vectors", modules.InvertibleSigmoid(vector), vector[0]),
    ("InvertibleSigmoid of pictures", modules.InvertibleSigmoid(picture), picture[0]),
):
    batch = torch.rand(2, *shape) * 2 - 1
    module([batch])
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    (out,), forward = module([batch])
    (back,), backward = module([out], rev=True)
    true = true_log_determinant(module, batch[:1])
    shapes = tuple(torch.as_tensor(forward).shape)
    one, two = (float(torch.as_tensor(value).detach().reshape(-1)[0]) for value in (forward, backward))
    found[name] = abs(one - true) < 1e-3, abs(two + true) < 1e-3, shapes
    inverse = float((back - batch).abs().max())
    print(f"{name}: {one:.3f} of shape {shapes}, true {true:.3f}; backwards {two:.3f}; inverse off by {inverse:.0e}")
initial = float(modules.LearnedElementwiseScaling(vector, init_scale=2.0)([torch.ones(1, 6)])[0][0][0, 0])
print(f"LearnedElementwiseScaling(init_scale=2) of 1 is {initial:.3f}")
wrong = ("LearnedElementwiseScaling", "InvertibleSigmoid of pictures")
others = all(found[name][:2] == (True, True) for name in found if name not in wrong)
holds = others and found["LearnedElementwiseScaling"][:2] == (True, False) and abs(initial - 1) < 1e-6
holds = holds and found["InvertibleSigmoid of pictures"] == (False, False, (2, size, size))
print("two modules are wrong" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
