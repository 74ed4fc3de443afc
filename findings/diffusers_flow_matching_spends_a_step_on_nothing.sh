#!/usr/bin/env bash
# diffusers' flow matching scheduler spends its last step at a noise level of 0.001: n steps do what n - 1 would do.
#
# Guess before running: the noise levels of FlowMatchEulerDiscreteScheduler.set_timesteps(4) are about 1, 0.75, 0.5,
# 0.25, 0 (guess 193; it was doubted).
# Found (diffusers 0.42.1): they are 1, 0.667, 0.334, 0.001, 0, from the greatest to the least level of the training,
# and 0 after it. With the exact velocity of a normal distribution of spread 0.3, one step and two steps both give one
# point without any spread; four steps give 0.142, and so do three steps with levels at equal distances, while four of
# these give 0.178. With shift=3 the last level is 0.009, as the shift is applied to it twice. Samplers of few steps
# lose one of two or four passes of the network; a comparison with another library is not at equal steps. Give the
# levels by hand: set_timesteps(sigmas=[1 - i / n for i in range(n)]); they are shifted as well.
# Source: diffusers/schedulers/scheduling_flow_match_euler_discrete.py, __init__ (sigma_min is the last level, shifted)
# and set_timesteps (linspace from sigma_max to sigma_min, both included, shifted again).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'diffusers==0.42.1' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import torch
from diffusers import FlowMatchEulerDiscreteScheduler

torch.set_num_threads(1)
mean, spread = 0.5, 0.3  # of the pictures; x = (1 - s) * picture + s * noise at the level s
noise = torch.randn(20000, generator=torch.Generator().manual_seed(0))


def velocity(x, level):
    """Mean of noise - picture, given x."""
    variance = (1 - level) ** 2 * spread**2 + level**2
    return -mean + (level - (1 - level) * spread**2) / variance * (x - (1 - level) * mean)


def sampled(steps, even):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    if even:
        scheduler.set_timesteps(sigmas=[1 - index / steps for index in range(steps)])
    else:
        scheduler.set_timesteps(steps)
    x = noise
    for time in scheduler.timesteps:
        x = scheduler.step(velocity(x, float(time) / 1000), time, x).prev_sample
    return float(x.std()), [round(float(level), 4) for level in scheduler.sigmas]


print(f"diffusers {importlib.metadata.version('diffusers')}; the spread of the pictures is {spread}")
found = {}
for steps in (1, 2, 3, 4):
    for even in (False, True):
        found[steps, even], levels = sampled(steps, even)
        name = "levels at equal distances" if even else "levels of set_timesteps(n)"
        print(f"{steps} steps, {name}: spread {found[steps, even]:.3f}, {levels}")
shifted = FlowMatchEulerDiscreteScheduler(shift=3.0)
shifted.set_timesteps(4)
print(f"4 steps with shift=3: {[round(float(level), 4) for level in shifted.sigmas]}")
holds = all(abs(found[steps, False] - found[steps - 1, True]) < 0.003 for steps in (2, 3, 4))
holds = holds and all(found[steps, True] - found[steps, False] > 0.03 for steps in (2, 3, 4))
print("the last step does nothing" if holds else "the last step does its part")
sys.exit(0 if holds else 1)
PYTHON
