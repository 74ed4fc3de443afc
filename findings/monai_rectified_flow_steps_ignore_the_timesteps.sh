#!/usr/bin/env bash
# The step of MONAI's RFlowScheduler does not go to the next of its own timesteps, unless it is given as a whole number.
#
# Guess before running: RFlowScheduler with use_timestep_transform brings noise to Gaussian data of spread 0.3 with the
# exact velocity in 30 steps, to 5 per cent (guess 329; it was doubted).
# Found (monai 1.6.1): step(velocity, t, x), as other schedulers are called, takes n equal steps of 1 / n, whereas the
# transformed timesteps are not equal; the mean of the data is 10 per cent off here, in 30 steps and in 1000. With the
# fourth argument, next_timestep, the mean is right as long as timesteps are whole numbers; with
# use_discrete_timesteps=False it is cut to a whole number, so that steps are too long: the more there are, the worse,
# and 1000 steps give 17 per cent more mean and 31 per cent less spread, where steps of the timesteps themselves are
# right to half a per cent. Give next_timestep with whole timesteps, as DiffusionInferer does, or compute
# x + velocity * (t - next_t) / 1000.
# Source: monai/networks/schedulers/rectified_flow.py, step (1.0 / num_inference_steps; int(next_timestep)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'monai==1.6.1' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import monai
import torch
from monai.networks.schedulers import RFlowScheduler

MEAN, SPREAD = 0.2, 0.3  # of the data
noise = torch.randn(20000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
noise = (noise - noise.mean()) / noise.std()


def velocity(x, share):
    """The mean of data minus noise, given x = (1 - share) * data + share * noise."""
    offset = (x - (1 - share) * MEAN) / (((1 - share) * SPREAD) ** 2 + share**2)
    return MEAN + (1 - share) * SPREAD**2 * offset - share * offset


def sample(steps, discrete, how):
    """Mean and spread of what the noise becomes."""
    scheduler = RFlowScheduler(
        1000, use_discrete_timesteps=discrete, use_timestep_transform=True, base_img_size_numel=64 * 64, spatial_dim=2
    )
    scheduler.set_timesteps(steps, input_img_size_numel=128 * 128)
    x = noise
    for t, following in zip(scheduler.timesteps, [*scheduler.timesteps[1:], torch.tensor(0)]):
        v = velocity(x, float(t) / 1000)
        if how == "by itself":
            x, _ = scheduler.step(v, t, x)
        elif how == "next_timestep":
            x, _ = scheduler.step(v, t, x, following)
        else:
            x = x + v * float(t - following) / 1000
    return x.mean().item(), x.std().item()


print(f"monai {monai.__version__}, data of mean {MEAN} and spread {SPREAD}")
found = {}
for steps in (30, 1000):
    for discrete in (True, False):
        for how in ("by itself", "next_timestep", "difference"):
            found[steps, discrete, how] = mean, spread = sample(steps, discrete, how)
            kind = "whole" if discrete else "fractional"
            print(f"{steps} steps, {kind} timesteps, {how}: mean {mean:.3f}, spread {spread:.3f}")
alone = all(found[steps, discrete, "by itself"][0] < 0.19 for steps in (30, 1000) for discrete in (True, False))
mean, spread = found[1000, False, "next_timestep"]
right = [found[1000, True, "next_timestep"], *(found[1000, discrete, "difference"] for discrete in (True, False))]
right = all(abs(mean - MEAN) < 0.005 and abs(spread - SPREAD) < 0.005 for mean, spread in right)
holds = alone and mean > 0.22 and spread < 0.25 and right
print("steps ignore the timesteps" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
