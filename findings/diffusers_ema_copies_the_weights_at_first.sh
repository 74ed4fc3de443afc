#!/usr/bin/env bash
# diffusers' EMAModel forgets the old weights at first, whatever its decay, without warm-up too.
#
# Guess before running: after one step EMAModel(parameters, decay=0.999) holds 0.999 of the old and 0.001 of the new
# weights (guess 95).
# Found (diffusers 0.42.1): use_ema_warmup is False by default, and a warm-up is used all the same, another one: the
# decay of step n is at most n / (9 + n), and 0 at the first. One step copies the new weights; a decay of 0.999 is
# reached after 9000 steps, 0.9999 after 90000. A short training, and one that resumes from weights with a new EMAModel,
# thus has nearly no average. min_decay=decay switches the warm-up off after the first step, which is a copy always.
# Source: diffusers/training_utils.py, EMAModel.get_decay (the branch without use_ema_warmup).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'diffusers==0.42.1' 'torch==2.13.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")
import diffusers
import torch
from diffusers.training_utils import EMAModel


def average(steps, **settings):
    """What is left of weights of 1 after steps with weights of 0, and the decay of the last step."""
    weights = [torch.nn.Parameter(torch.ones(1))]
    ema = EMAModel(weights, decay=0.999, **settings)
    weights[0].data.zero_()
    first = None
    for _ in range(steps):
        ema.step(weights)
        first = ema.shadow_params[0].item() if first is None else first
    return first, round(ema.cur_decay_value, 4)


print(f"diffusers {diffusers.__version__}, torch {torch.__version__}, EMAModel with decay=0.999")
left, decay = average(10)
_, later = average(1000)
_, forced = average(10, min_decay=0.999)
print(f"left of the old weights after one step: {left}; decay of step 10: {decay}, of step 1000: {later}")
print(f"decay of step 10 with min_decay=0.999: {forced}")
holds = left == 0 and 0.4 < decay < 0.6 and 0.98 < later < 0.995 and forced == 0.999
print("the old weights are forgotten at first" if holds else "the decay is kept now")
sys.exit(0 if holds else 1)
PYTHON
