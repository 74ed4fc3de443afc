#!/usr/bin/env bash
# POT's wasserstein_1d(p=2) is the squared distance, its sliced_wasserstein_distance(p=2) is the distance.
#
# Guess before running: for points on a line, every direction of the sliced distance is that line, so both functions give
# the same number.
# Found (POT 0.9.7.post1): wasserstein_1d gives the p-th power W^p, sliced_wasserstein_distance the p-th root of the mean
# power, and gaussian.bures_wasserstein_distance the root again, where the Frechet distance of pictures (FID) is the power.
# Numbers of a table that mixes them differ by a square. The names say nothing of it.
# Source: ot/lp/solver_1d.py (wasserstein_1d), ot/sliced/_sliced_distances.py, ot/gaussian.py (bures_wasserstein_distance).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'POT==0.9.7.post1' 'numpy>=2,<3' 'scipy>=1.14,<2'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import ot

chance = np.random.default_rng(0)
first, second = chance.normal(size=(500, 1)), 3 + 2 * chance.normal(size=(500, 1))
line = float(ot.wasserstein_1d(first, second, p=2)[0])
sliced = float(ot.sliced_wasserstein_distance(first, second, n_projections=5, seed=0, p=2))
gaussian = float(ot.gaussian.bures_wasserstein_distance(np.zeros(2), np.array([3.0, 4.0]), np.eye(2), np.eye(2)))
print(f"POT {ot.__version__}")
print(f"wasserstein_1d(p=2) of points on a line: {line:.4f}; sliced_wasserstein_distance(p=2): {sliced:.4f}")
print(f"the square of the latter: {sliced**2:.4f}")
print(f"two Gaussians of one covariance, 5 apart: bures_wasserstein_distance {gaussian:.1f}, Frechet distance 25.0")
holds = abs(line - sliced**2) < 1e-6 * line and line > 2 * sliced and abs(gaussian - 5) < 1e-9
print("one is a power, the others are roots" if holds else "the functions agree now")
sys.exit(0 if holds else 1)
PYTHON
