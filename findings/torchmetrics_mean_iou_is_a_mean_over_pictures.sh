#!/usr/bin/env bash
# The MeanIoU of torchmetrics' segmentation metrics is a mean over pictures, not that of the confusion matrix of a set.
#
# Guess before running: segmentation.MeanIoU over a set agrees with the mean IoU of the confusion matrix to 0.01 (guess
# 90).
# Found (torchmetrics 1.9.0): the IoU of each class is taken in each picture and averaged over the pictures that have
# it, so that a class of one pixel in one picture weighs as much there as one of half a picture. Two pictures with one
# wrong pixel of 512 have 0.75; MulticlassJaccardIndex, of the same library, and the mIoU of papers on segmentation and
# on label maps have 0.99. The number also depends on how pictures are cut. Use MulticlassJaccardIndex for figures of a
# set.
# Source: torchmetrics/segmentation/mean_iou.py, MeanIoU.update (scores are summed) and compute (and divided).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'torchmetrics==1.9.0' 'torch==2.13.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import torchmetrics
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.segmentation import MeanIoU

truth = torch.zeros(2, 16, 16, dtype=torch.long)
truth[0, :8] = 1
guess = truth.clone()
truth[1, 0, 0] = 1


def score(metric, guess, truth):
    metric.update(guess, truth)
    return metric.compute().item()


def whole(pictures):
    return pictures.reshape(1, 32, 16)


mean = score(MeanIoU(2, input_format="index"), guess, truth)
joined = score(MeanIoU(2, input_format="index"), whole(guess), whole(truth))
jaccard = score(MulticlassJaccardIndex(2), guess, truth)
wrong = (guess != truth).sum().item()
print(f"torchmetrics {torchmetrics.__version__}; two label maps with {wrong} wrong pixel of 512")
print(f"MeanIoU {mean:.4f}, of the two as one picture {joined:.4f}; MulticlassJaccardIndex {jaccard:.4f}")
holds = mean < 0.8 and joined > 0.98 and jaccard > 0.98
print("the mean is over pictures" if holds else "the mean is not over pictures any more")
sys.exit(0 if holds else 1)
PYTHON
