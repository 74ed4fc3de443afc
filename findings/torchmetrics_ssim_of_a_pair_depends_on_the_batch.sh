#!/usr/bin/env bash
# The SSIM that torchmetrics gives a pair of pictures depends on the other pairs of the batch.
#
# Guess before running: with reduction="none" every pair of a batch gets the value that it gets alone.
# Found (torchmetrics 1.9.0): without data_range, the range of values is measured over the whole batch. A dark pair gets
# one value alone and another one beside a bright pair, so the mean over a folder changes with the size of the batches and
# their order, and a dim picture is judged by constants of its own. Nothing is said. With data_range=1.0 the values agree.
# Source: src/torchmetrics/functional/image/ssim.py, _ssim_update (data_range of preds.max() - preds.min() and of target).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torchmetrics==1.9.0' 'torch==2.14.1'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import torchmetrics
from torchmetrics.functional.image import structural_similarity_index_measure as ssim

chance = torch.Generator().manual_seed(0)
dark = 0.3 * torch.rand(1, 3, 64, 64, generator=chance)
noisy = (dark + 0.05 * torch.randn(dark.shape, generator=chance)).clamp(0, 1)
bright = torch.rand(1, 3, 64, 64, generator=chance)


def measured(**options):
    alone = float(ssim(noisy, dark, reduction="none", **options)[0])
    beside = float(ssim(torch.cat([noisy, bright]), torch.cat([dark, bright]), reduction="none", **options)[0])
    return alone, beside


usual, given = measured(), measured(data_range=1.0)
print(f"torchmetrics {torchmetrics.__version__}, torch {torch.__version__}")
print(f"without data_range: the pair alone {usual[0]:.4f}, beside a bright pair {usual[1]:.4f}")
print(f"with data_range=1.0: the pair alone {given[0]:.4f}, beside a bright pair {given[1]:.4f}")
holds = abs(usual[0] - usual[1]) > 1e-3 and abs(given[0] - given[1]) < 1e-6
print("the value depends on the batch" if holds else "the value does not depend on the batch any more")
sys.exit(0 if holds else 1)
PYTHON
