#!/usr/bin/env bash
# Keras's SpectralNormalization overwrites the kernel of its layer in each training call, and its gradient does not go
# through the norm.
#
# Guess before running: a call with training=True leaves the trainable kernel as it is, and the gradient of the kernel
# goes through the norm, as in PyTorch (guess 323; it was doubted).
# Found (Keras 3.15.1 on PyTorch 2.13.0): the kernel itself is divided by the estimate of its largest singular value, in
# each forward pass with training=True: one of 0.16 becomes 1.39 by the first call. The weights of a discriminator are
# thus changed by each of its calls, for real and for made pictures, between the gradient and the step of the optimiser
# too, and a kernel that should be small is scaled up for good. A gradient through the norm is at right angles to the
# kernel, as it is in PyTorch to 1e-7; here it has a part along the kernel, which the next call takes back. A network
# that was never called with training=True is not normalised at all. It is a projection after each step, and not the
# layer of the paper: compare settings of training with care, and save weights after a call.
# Source: keras/src/layers/normalization/spectral_normalization.py (self.kernel.assign in call).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'keras==3.15.1' 'torch==2.13.0' 'numpy>=2,<3'
KERAS_HOME="$folder" KERAS_BACKEND=torch OMP_NUM_THREADS=1 "$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import sys

import keras
import numpy as np
import torch

keras.utils.set_random_seed(0)
pictures = torch.tensor(np.random.default_rng(0).random((2, 8, 8, 3)), dtype=torch.float32)
layer = keras.layers.Conv2D(8, 3, padding="same", kernel_initializer=keras.initializers.RandomNormal(stddev=0.02))
normalised = keras.layers.SpectralNormalization(layer)
normalised.build(pictures.shape)


def kernel():
    return keras.ops.convert_to_numpy(layer.kernel).copy()


def norm(array):
    return float(np.linalg.svd(array.reshape(-1, array.shape[-1]), compute_uv=False)[0])


def along(gradient, weights):
    """Cosine of the angle between the gradient of a loss and the weights."""
    return abs(float((gradient * weights).sum() / (gradient.norm() * weights.norm())))


print(f"Keras {keras.__version__}, PyTorch {torch.__version__}")
before = kernel()
normalised(pictures, training=False)
kept = np.array_equal(before, kernel())
normalised(pictures, training=True)
first = norm(kernel())
print(f"largest singular value of the kernel: {norm(before):.3f}, after a call with training=True {first:.3f}")
for _ in range(40):
    normalised(pictures, training=True)
(normalised(pictures, training=True) ** 2).sum().backward()
here = along(layer.kernel.value.grad, layer.kernel.value.detach())

peer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Conv2d(3, 8, 3, padding=1))
weights = peer.parametrizations.weight.original
start = weights.detach().clone()
for _ in range(40):
    out = peer(pictures.movedim(3, 1))
(out**2).sum().backward()
there = along(weights.grad, weights.detach())
print(f"part of the gradient along the kernel: Keras {here:.3f}, PyTorch {there:.1e}")
holds = kept and abs(norm(kernel()) - 1) < 1e-3 and first > 2 * norm(before) and here > 0.05 and there < 1e-4
holds = holds and torch.equal(start, weights.detach())
print("the kernel is overwritten" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
