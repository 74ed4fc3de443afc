#!/usr/bin/env bash
# kornia flips a box that is given by its corners to another place than the same box given by its width and height.
#
# Guess before running: the box (10, 5, 20, 15) of a picture 64 wide is (44, 5, 54, 15) after RandomHorizontalFlip in
# AugmentationSequential with bbox_xyxy (guess 117).
# Found (kornia 0.9.0): it is (43, 5, 53, 15), one pixel beside the object; as bbox_xywh, (10, 5, 10, 10), it is right,
# (44, 5, 10, 10). The documentation says that boxes take the last pixel in ("xyxy_plus"), but bbox_xywh does not, and
# Boxes.from_tensor(..., mode="xyxy") does not either. In most sets and detectors the end is outside. Vertical flips and
# turns by 180 degrees are off by one, too: give the boxes as bbox_xywh.
# Source: kornia/augmentation/container/augment.py (_preproc_boxes: "xyxy_plus" for BBOX_XYXY, "xywh" for BBOX_XYWH).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'kornia==0.9.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import kornia
import torch
from kornia import augmentation

torch.set_num_threads(1)
print(f"kornia {kornia.__version__}, torch {torch.__version__}")
picture = torch.zeros(1, 1, 32, 64)
picture[:, :, 5:15, 10:20] = 1  # the object
off = {}
for name, child in (
    ("horizontal flip", augmentation.RandomHorizontalFlip(p=1.0)),
    ("vertical flip", augmentation.RandomVerticalFlip(p=1.0)),
):
    for key, box in (("bbox_xyxy", [10.0, 5.0, 20.0, 15.0]), ("bbox_xywh", [10.0, 5.0, 10.0, 10.0])):
        change = augmentation.AugmentationSequential(child, data_keys=["input", key])
        flipped, moved = change(picture, torch.tensor([[box]]))
        left, top, *end = moved[0, 0].tolist()
        rows, columns = torch.nonzero(flipped[0, 0], as_tuple=True)
        off[name, key] = abs(left - columns.min().item()) + abs(top - rows.min().item())
        print(f"{name}, {key}: {[left, top, *end]}; the object begins at {columns.min().item()}, {rows.min().item()}")
holds = all(value == (1 if key == "bbox_xyxy" else 0) for (_, key), value in off.items())
print("boxes by corners are a pixel beside" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
