#!/usr/bin/env bash
# torchcfm leaves out a third of the pictures of each batch, and shows others twice, when it pairs them with noise.
#
# Guess before running: each picture of a batch occurs once in the pairs of ExactOptimalTransportConditionalFlowMatcher
# (guess 229; it was doubted).
# Found (torchcfm 1.0.7, POT 0.9.7, PyTorch 2.13.0): in batches of 256, about 160 pictures are in the pairs, one of them
# up to five times. The exact plan between two sets of equal size is a one-to-one pairing, but the pairs are drawn from
# it at random with replacement, so that 1/e of pictures and of noises are left out; each batch costs the loading of
# pictures that no gradient sees, and counts others several times. It holds on the mean over batches, so that training
# is only noisier. The paper draws from the plan, too; the pairing itself needs no draw. sample_plan(x0, x1,
# replace=False) of the matcher's ot_sampler gives each picture once, but the matcher does not pass it on: call it,
# and hand the pairs to ConditionalFlowMatcher.
# Source: torchcfm/optimal_transport.py (sample_map, replace=True) and conditional_flow_matching.py.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps 'torchcfm==1.0.7'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pot==0.9.7' 'torch==2.13.0' 'torchdiffeq==0.2.5' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import math
import sys

import numpy as np
import torch
from torchcfm.conditional_flow_matching import ExactOptimalTransportConditionalFlowMatcher

torch.set_num_threads(1)
torch.manual_seed(0)
np.random.seed(0)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("torchcfm", "pot", "torch")), sep=", ")


def times_used(ends, pictures):
    nearest = torch.cdist(ends.flatten(1), pictures.flatten(1)).argmin(1)
    return torch.bincount(nearest, minlength=len(pictures))


matcher = ExactOptimalTransportConditionalFlowMatcher(sigma=0.0)
shares = []
for size in (16, 64, 256, 256):
    noise, pictures = torch.randn(size, 3, 8, 8), torch.rand(size, 3, 8, 8)
    time, place, velocity = matcher.sample_location_and_conditional_flow(noise, pictures)
    used = times_used(place + (1 - time[:, None, None, None]) * velocity, pictures)
    once = times_used(matcher.ot_sampler.sample_plan(noise, pictures, replace=False)[1], pictures)
    shares.append(float((used == 0).float().mean()))
    print(f"batch of {size}: {int((used > 0).sum())} pictures are used, one of them {int(used.max())} times;"
          f" without replacement {int((once > 0).sum())}")
    if not bool((once == 1).all()):
        shares.append(0.0)
holds = all(0.2 < share < 0.55 for share in shares) and abs(shares[-1] - 1 / math.e) < 0.1
print("about a third is left out" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
