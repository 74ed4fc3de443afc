#!/usr/bin/env bash
# keras.ops.image.gaussian_blur blurs a picture across its colours, and not from row to row.
#
# Guess before running: gaussian_blur of ops.image is the same to 1e-3 on the backends torch and jax (guess 325; it was
# doubted). It is, for square kernels of odd size, as both make the same mistake.
# Found (Keras 3.15.1, PyTorch 2.13.0, JAX 0.10.2): without data_format, which is said to be that of the configuration
# ("channels_last"), rows are taken for channels: a red pixel becomes wider in its row only and turns partly green, and
# a white picture loses a quarter of its red and blue. No error is raised, and greys only look less blurred. On torch, a
# kernel of 3 x 5 gives a picture of one channel, and elastic_transform is another one without data_format than with it.
# Give data_format="channels_last" in each call.
# Source: keras/src/ops/image.py, gaussian_blur (data_format is handed on as None); keras/src/backend/torch/image.py and
# keras/src/backend/jax/image.py (if data_format == "channels_last").
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'keras==3.15.1' 'torch==2.13.0' 'jax==0.10.2' 'jaxlib==0.10.2' 'numpy>=2,<3'
cat > "$folder/blur.py" <<'PYTHON'
import os
import sys

import numpy as np

os.environ["KERAS_BACKEND"] = sys.argv[1]
import keras  # noqa: E402

numbers = keras.ops.convert_to_numpy
red = np.zeros((1, 9, 9, 3), "float32")
red[0, 4, 4, 0] = 1
white = np.ones((1, 9, 9, 3), "float32")
print(f"Keras {keras.__version__} on {sys.argv[1]}, {keras.config.image_data_format()}")
found = {}
for order in (None, "channels_last"):
    blurred = numbers(keras.ops.image.gaussian_blur(red, (3, 3), (1.0, 1.0), data_format=order))[0]
    level = numbers(keras.ops.image.gaussian_blur(white, (3, 3), (1.0, 1.0), data_format=order))[0, 4, 4]
    found[order] = (blurred[3, 4, 0], blurred[4, 3, 0], blurred[4, 4, 1], level[0], level[1])
    print(f"data_format={order}: red one row up {found[order][0]:.3f}, one column aside {found[order][1]:.3f},"
          f" green at the pixel {found[order][2]:.3f}; white becomes {np.round(level, 3)}")
wrong, right = found[None], found["channels_last"]
holds = wrong[0] == 0 and wrong[2] > 0.1 and wrong[3] < 0.8 and abs(wrong[4] - 1) < 1e-3
holds = holds and abs(right[0] - right[1]) < 1e-4 and right[2] == 0 and abs(right[3] - 1) < 1e-3
sys.exit(0 if holds else 1)
PYTHON
for backend in torch jax; do
  KERAS_HOME="$folder" OMP_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/blur.py" "$backend" 2> "$folder/log" ||
    { tail -n 5 "$folder/log"; echo 'not as it was'; exit 1; }
done
echo 'colours are mixed and rows are not'
