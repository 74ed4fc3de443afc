#!/usr/bin/env bash
# The image processor of diffusers shrinks a picture of Pillow by averaging, and the same picture as an array or a
# tensor by leaving pixels out.
#
# Guess before running: VaeImageProcessor.preprocess to a quarter of the size gives the same for a picture of Pillow,
# an array and a tensor, to 8 levels on the mean of noise (guess 375; it was doubted).
# Found (diffusers 0.42.1): an array and a tensor become every fourth pixel, 62 levels off the picture of Pillow on
# the mean for noise, as interpolate is called without a mode, which is "nearest". The setting resample="lanczos" and
# do_convert_grayscale are for pictures of Pillow alone, and nothing is said. An image-to-image pipeline that is given
# tensors sees fine patterns falsely, and a data set that is prepared so differs from one made with Pillow. Resize
# arrays and tensors by interpolate with antialias=True before, or give pictures of Pillow.
# Source: diffusers/image_processor.py (VaeImageProcessor.resize: torch.nn.functional.interpolate(image, size=...)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'diffusers==0.42.1' 'torch==2.13.0' 'numpy>=2,<3' 'pillow>=11,<13'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import diffusers
import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

torch.set_num_threads(1)
print(f"diffusers {diffusers.__version__}, torch {torch.__version__}")
pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8)
array = pixels.astype(np.float32) / 255
tensor = torch.from_numpy(array).permute(2, 0, 1)[None]
processor = VaeImageProcessor(resample="lanczos")
results = {
    "picture of Pillow": processor.preprocess(Image.fromarray(pixels), 32, 32),
    "array": processor.preprocess(array, 32, 32),
    "tensor": processor.preprocess(tensor, 32, 32),
    "averaged before": torch.nn.functional.interpolate(tensor, (32, 32), mode="bicubic", antialias=True) * 2 - 1,
}
every_fourth = tensor[:, :, ::4, ::4] * 2 - 1
off = {}
for name, result in results.items():
    off[name] = (result - results["picture of Pillow"]).abs().mean().item() * 127.5
    apart = (result - every_fourth).abs().max().item()
    print(f"{name}: {off[name]:.1f} levels from Pillow on the mean, at most {apart:.3f} from every fourth pixel")
holds = all(off[name] > 50 and (results[name] - every_fourth).abs().max() < 1e-5 for name in ("array", "tensor"))
holds = holds and off["averaged before"] < 8
print("arrays and tensors lose pixels" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
