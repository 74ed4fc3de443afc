#!/usr/bin/env bash
# A label map that goes through gr.Image of Gradio has other labels, as it is stored as a lossy WebP file on the way.
#
# Guess before running: a label map of 0, 7 and 200 that a function gives to gr.Image and that the next function takes
# from it has the same labels (guess 298; it was doubted).
# Found (gradio 6.31.0, Pillow 10.4.0): it has twelve labels, 0 to 8 and 196 to 200. An array that a function returns is
# written as image.webp with the loss of Pillow's default (postprocess), and the next function gets what is in that file
# (preprocess). The colours of a cut-out with alpha are off by up to 205 levels. The parameter format, webp by default,
# is documented as the form in which pictures are sent; that it stands between two functions is not. Give format="png"
# to each gr.Image that holds masks, depth or cut-outs.
# Source: gradio/components/image.py (postprocess saves as self.format, preprocess opens the file).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'gradio==6.31.0' 'pillow==10.4.0' 'numpy>=2,<3'
cd "$folder"
export GRADIO_ANALYTICS_ENABLED=False GRADIO_TEMP_DIR="$folder/files"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import os
import sys

import gradio
import numpy as np

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("gradio", "pillow")), sep=", ")
labels = np.zeros((64, 64), np.uint8)
labels[10:30, 10:40] = 7
labels[35:60, 20:60] = 200
cutout = np.random.default_rng(0).integers(0, 256, (32, 32, 4), dtype=np.uint8)
found = {}
for name, setting in (("default", {}), ("format=png", {"format": "png"})):
    image = gradio.Image(type="numpy", image_mode="L", **setting)
    stored = image.postprocess(labels)
    back = image.preprocess(stored)
    image = gradio.Image(type="numpy", image_mode="RGBA", **setting)
    colours = image.preprocess(image.postprocess(cutout))
    found[name] = sorted(set(back.ravel().tolist())), int(np.abs(colours.astype(int) - cutout).max())
    print(f"{name}: stored as {os.path.basename(stored.path)}; labels {found[name][0]}; RGBA off by {found[name][1]}")
holds = len(found["default"][0]) > 3 and found["default"][1] > 50 and found["format=png"] == ([0, 7, 200], 0)
print("labels are changed" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
