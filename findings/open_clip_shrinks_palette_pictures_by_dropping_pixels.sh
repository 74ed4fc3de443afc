#!/usr/bin/env bash
# open_clip shrinks pictures with a palette by dropping pixels.
#
# Guess before running: a PNG file with a palette and the same picture in RGB have the same tensor after the transform
# for evaluation, to 2 levels on the mean (guess 319; it was doubted).
# Found (open-clip-torch 3.3.0, torchvision 0.28.0, Pillow 13.0.0): they are 96 levels apart for a dithered picture of
# 256 pixels at 64: that in RGB is smooth, that with a palette and the one in black and white (mode "1") are of single
# pixels. The transform resizes a picture as it was opened and converts it to RGB afterwards, and Pillow resizes these
# two modes by the nearest pixel, whatever filter is asked for. PNG files that pngquant or oxipng made small, and GIF
# files, thus get another CLIP score than their own pixels in RGB. Convert pictures to RGB before the transform.
# Source: open_clip/transform.py, image_transform (MaybeConvertMode after Resize).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  'open-clip-torch==3.3.0' 'torchvision==0.28.0' 'timm==1.0.22'
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'pillow==13.0.0' \
  'regex>=2024' 'ftfy==6.3.1' 'tqdm>=4,<5' 'huggingface-hub>=1,<2' 'safetensors>=0.5,<1' 'numpy>=2,<3'
HF_HUB_OFFLINE=1 HF_HOME="$folder" "$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import sys

import numpy as np
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its compiled operators, which resizing does not need, are of another build of PyTorch
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from open_clip.transform import image_transform
from PIL import Image

packages = ("open-clip-torch", "torchvision", "pillow")
print(*(f"{name} {importlib.metadata.version(name)}" for name in packages), sep=", ")
rng = np.random.default_rng(0)
colours = np.array([[200, 30, 10], [10, 200, 30], [3, 50, 220], [250, 250, 240]], np.uint8)
rgb = Image.fromarray(colours[rng.integers(0, 4, (256, 256))])
palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
dots = Image.fromarray((rng.integers(0, 2, (256, 256)) * 255).astype(np.uint8))
transform = image_transform(64, is_train=False)
levels = torch.tensor(transform.transforms[-1].std)[:, None, None] * 255


def compare(name, one, other):
    """Difference and spread of two pictures of the same pixels after the transform, in levels."""
    assert np.array_equal(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB")))
    first, second = transform(one) * levels, transform(other) * levels
    apart = float((first - second).abs().mean())
    print(f"{name}: {apart:.1f} levels apart, spread {float(first.std()):.1f} and {float(second.std()):.1f}")
    return apart


found = [compare("RGB and palette", rgb, palette), compare("grey and black and white", dots, dots.convert("1"))]
same = compare("RGB and palette converted first", rgb, palette.convert("RGB"))
holds = min(found) > 40 and same == 0
print("pixels are dropped" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
