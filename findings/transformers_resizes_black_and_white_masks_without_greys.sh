#!/usr/bin/env bash
# resize of transformers makes no greys in a float picture that holds nothing but 0.0 and 1.0.
#
# Guess before running: image_transforms.resize of a float picture of the values 0.0 and 1.0 to half its size has the
# grey edges that it has for 0.001 and 1.0 (guess 242; it was doubted).
# Found (transformers 5.23.0, Pillow 12.3.0): a white disc on black comes back as uint8 with 0 and 1 alone, its edge
# jagged, and its area 6 per cent too large at half the size, since a half counts as one; with 0.001 in the place of 0
# it comes back as float32 with its greys. Float pictures go through bytes of Pillow: if all values are whole numbers
# they are taken for levels of 0 to 255, else they are multiplied by 255. So masks, mattes, black frames and line
# drawings are treated in another way than the pictures beside them. Give uint8 pictures of 0 to 255.
# Source: transformers/image_transforms.py (_rescale_for_pil_conversion, resize).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'transformers==5.23.0' 'pillow==12.3.0' 'numpy>=2,<3'
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from transformers.image_transforms import resize

print(f"transformers {importlib.metadata.version('transformers')}")
rows, columns = np.mgrid[:64, :64]
disc = ((rows - 31) ** 2 + (columns - 30) ** 2 < 22**2)[..., None].repeat(3, 2)
found = {}
for black in (0.0, 0.001):
    picture = np.where(disc, 1.0, black).astype(np.float32)
    for size in ((32, 32), (96, 96)):
        made = resize(picture, size)
        found[black, size[0]] = made
        print(f"black {black}, to {size}: {made.dtype}, {len(np.unique(made))} values, mean {made.mean():.4f} of {picture.mean():.4f}")
holds = all(len(np.unique(found[0.0, size])) == 2 and len(np.unique(found[0.001, size])) > 8 for size in (32, 96))
holds = holds and found[0.0, 32].dtype == np.uint8 and found[0.001, 32].dtype == np.float32
print("no greys" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
