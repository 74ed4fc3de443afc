#!/usr/bin/env bash
# Accelerate steps the discriminator of a GAN once a pass, at its last batch, if the two networks have an accumulate
# block each.
#
# Guess before running: with gradient_accumulation_steps=2 and a block accelerator.accumulate each for D and G in one
# pass, both have made 4 steps after 8 batches (guess 135; it was doubted).
# Found (accelerate 1.15.0): G is stepped after every batch, and D once, at the last batch of the set, where both are
# due. The blocks are counted together, whatever model they are given: the one of D is always the first of two, that of
# G the second. With 4 in the place of 2, D is not stepped either, and G at every second batch. Losses are halved all
# the same, and nothing is said: step() does nothing where it is not due. Put both updates into one block,
# accelerator.accumulate(D, G).
# Source: accelerate/accelerator.py, accumulate and _do_sync (one counter, self.step).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'accelerate==1.15.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

warnings.filterwarnings("ignore")

import accelerate
import torch

BATCHES = 8


def train(one_block: bool) -> list[int]:
    """How often the weights of D and of G change in 8 batches with an accumulation of 2."""
    torch.manual_seed(0)
    accelerator = accelerate.Accelerator(gradient_accumulation_steps=2, cpu=True)
    d, g = torch.nn.Linear(3, 1), torch.nn.Linear(3, 3)
    optimizers = torch.optim.SGD(d.parameters(), 0.1), torch.optim.SGD(g.parameters(), 0.1)
    loader = torch.utils.data.DataLoader(torch.randn(BATCHES, 3), batch_size=1)
    d, g, optimizer_d, optimizer_g, loader = accelerator.prepare(d, g, *optimizers, loader)
    steps = [0, 0]

    def update(which, network, optimizer, loss):
        before = network.weight.detach().clone()
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        steps[which] += not torch.equal(before, network.weight)

    for real in loader:
        if one_block:
            with accelerator.accumulate(d, g):
                update(0, d, optimizer_d, torch.relu(1 - d(real)).mean())
                update(1, g, optimizer_g, -d(g(real)).mean())
        else:
            with accelerator.accumulate(d):
                update(0, d, optimizer_d, torch.relu(1 - d(real)).mean())
            with accelerator.accumulate(g):
                update(1, g, optimizer_g, -d(g(real)).mean())
    return steps


two, one = train(False), train(True)
print(f"accelerate {accelerate.__version__}, torch {torch.__version__}; {BATCHES} batches, accumulation of 2")
print(f"a block each: D makes {two[0]} steps, G {two[1]}")
print(f"one block for both: D makes {one[0]} steps, G {one[1]}")
holds = two == [1, BATCHES] and one == [BATCHES // 2] * 2
print("the discriminator is not trained" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
