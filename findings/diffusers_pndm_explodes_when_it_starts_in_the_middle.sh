#!/usr/bin/env bash
# The PNDMScheduler of diffusers makes pictures of astronomical numbers when it starts in the middle.
#
# Guess before running: a picture to which add_noise gives the noise of the eighth of 20 steps comes back to 1e-2 from
# the remaining steps with the exact network for this one picture, for each scheduler (guess 416; it was doubted).
# Found (diffusers 0.42.1, torch 2.13.0): with PNDMScheduler at its defaults numbers of 1e6 to 1e29 come back, where
# the picture has numbers up to 4. Its first twelve steps are of another kind (Runge-Kutta), and take the first noise
# levels of the schedule for the level of the picture, wherever one starts. Nothing is said, and there is no
# set_begin_index as in other schedulers. A start at the first step is right. With skip_prk_steps=True, as the files
# of Stable Diffusion set it, it is 0.04 to 0.3 off. DDIM, DPM-Solver, Euler, Heun and UniPC are right. Editing a
# picture with a network that was trained anew, with the scheduler's defaults, fails by this. Give
# skip_prk_steps=True, or take another scheduler.
# Source: diffusers/schedulers/scheduling_pndm.py (step_prk: prk_timesteps[counter // 4 * 4]).
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
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, PNDMScheduler

torch.set_num_threads(1)
print(f"diffusers {importlib.metadata.version('diffusers')}, torch {torch.__version__}")
picture, noise = torch.randn(2, 4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def apart(scheduler, steps, share):
    scheduler.set_timesteps(steps)
    left = scheduler.timesteps[int(len(scheduler.timesteps) * share) :]
    x = scheduler.add_noise(picture, noise, left[:1])
    for t in left:
        level = scheduler.alphas_cumprod[int(t)]
        x = scheduler.step((x - level.sqrt() * picture) / (1 - level).sqrt(), t, x).prev_sample
    return (x - picture).abs().max().item()


makers = {
    "DDIM": lambda: DDIMScheduler(clip_sample=False),
    "DPM-Solver": DPMSolverMultistepScheduler,
    "PNDM": PNDMScheduler,
    "PNDM, skip_prk_steps": lambda: PNDMScheduler(skip_prk_steps=True),
}
print(f"the picture has numbers up to {picture.abs().max():.1f}")
found = {}
for name, maker in makers.items():
    for steps in (20, 50):
        found[name, steps] = [apart(maker(), steps, share) for share in (0, 0.4, 0.6, 0.8)]
        numbers = ", ".join(f"{value:.3g}" for value in found[name, steps])
        print(f"{name}, {steps} steps, from the start, 0.4, 0.6 and 0.8 of the way: {numbers} off")
holds = all(
    max(found["DDIM", steps] + found["DPM-Solver", steps]) < 0.01
    and found["PNDM", steps][0] < 0.5
    and min(found["PNDM", steps][1:]) > 1e4
    and max(found["PNDM, skip_prk_steps", steps]) < 0.5
    for steps in (20, 50)
)
print("it explodes" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
