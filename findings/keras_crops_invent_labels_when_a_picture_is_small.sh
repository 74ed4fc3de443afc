#!/usr/bin/env bash
# The crops of Keras interpolate a label map when the picture is smaller than the crop, and so invent labels.
#
# Guess before running: a label map under segmentation_masks has no other label after RandomRotation, RandomZoom,
# RandomTranslation, RandomShear, RandomPerspective and RandomElasticTransform (guess 236; that was right, the crops
# were tried beside it).
# Found (Keras 3.15.1, on its backends of JAX 0.8.3 and PyTorch): all of those, Resizing, and crops of pictures that are
# large enough keep the labels. A picture of 40 x 64 cropped to 48 x 48 by CenterCrop or RandomCrop is enlarged first,
# by bilinear interpolation, and its label map too: three labels become more than ten, as float32, and more than a tenth
# of the pixels hold a label that is none. It happens to the small pictures of a set alone, and casting to integers
# makes classes of them. Enlarge pictures and label maps by Resizing before, which takes the nearest label.
# Source: keras/src/layers/preprocessing/image_preprocessing/center_crop.py and random_crop.py
# (transform_segmentation_masks calls transform_images).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'keras==3.15.1' 'jax==0.8.3' 'numpy>=2,<3'
KERAS_HOME="$folder" KERAS_BACKEND=jax JAX_PLATFORMS=cpu "$folder/venv/bin/python" - <<'PYTHON'
import sys

import keras
import numpy as np
from keras import layers

print(f"Keras {keras.__version__}, backend {keras.backend.backend()}")
labels = np.zeros((1, 40, 64, 1), np.uint8)
labels[:, 10:30, 20:50] = 200
labels[:, 12:20] = 100
picture = np.random.default_rng(0).random((1, 40, 64, 3)).astype(np.float32)
invented = {}
for name, layer in {
    "CenterCrop to 32": layers.CenterCrop(32, 32),
    "RandomCrop to 32": layers.RandomCrop(32, 32, seed=0),
    "Resizing to 48": layers.Resizing(48, 48),
    "RandomRotation": layers.RandomRotation(0.2, seed=0),
    "CenterCrop to 48": layers.CenterCrop(48, 48),
    "RandomCrop to 48": layers.RandomCrop(48, 48, seed=0),
}.items():
    made = layer({"images": picture, "segmentation_masks": labels}, training=True)
    made = keras.ops.convert_to_numpy(made["segmentation_masks"])
    invented[name] = float((~np.isin(made, (0, 100, 200))).mean())
    print(f"{name}: {made.shape[1:3]} {made.dtype}, {len(np.unique(made))} labels, {invented[name]:.3f} of pixels with another")
holds = all((share > 0.05) == name.endswith("Crop to 48") for name, share in invented.items())
print("labels are invented" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
