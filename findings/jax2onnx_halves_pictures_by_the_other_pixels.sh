#!/usr/bin/env bash
# jax.image.resize by "nearest" to half the size takes the odd pixels, and the even ones after export by jax2onnx.
#
# Guess before running: jax.image.resize is the same after export in onnxruntime, to 1e-3 (guess 336; it was doubted).
# Found (jax2onnx 0.17.1, jax 0.10.2, onnxruntime 1.32.0): from 4 pixels to 2, JAX takes pixels 1 and 3, the exported
# model 0 and 2; from 32 to 16 or 8 every pixel is another, from 32 to 12 or 24 a third of them; where no place lies
# half-way between two pixels, as from 32 to 64, they agree. JAX rounds halves up, the node is written with
# round_prefer_floor. A label map that an exported network halves is so a pixel aside. Set nearest_mode of the Resize
# nodes to round_prefer_ceil, as here; then they agree.
# Source: jax2onnx/plugins/jax/image/resize.py (nearest_mode); jax/_src/image/scale.py (_resize_nearest).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'jax2onnx==0.17.1' 'jax[cpu]==0.10.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import jax
import numpy as np
import onnxruntime
from jax2onnx import to_onnx

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("jax2onnx", "jax", "onnxruntime")), sep=", ")


def run(model, ramp):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: ramp})[0].ravel().astype(int)


def compare(before, after):
    """Pixels that JAX, the exported model and the corrected model take, and the share of those that differ."""

    def resize(ramp):
        return jax.image.resize(ramp, (1, after, 1, 1), "nearest")

    model = to_onnx(resize, [(1, before, 1, 1)])
    ramp = np.arange(before, dtype=np.float32).reshape(1, before, 1, 1)
    own, exported = np.asarray(resize(ramp)).ravel().astype(int), run(model, ramp)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "nearest_mode":
                attribute.s = b"round_prefer_ceil"
    return own, exported, float((own != exported).mean()), np.array_equal(own, run(model, ramp))


shares, corrected = {}, []
for before, after in ((4, 2), (32, 16), (32, 8), (32, 12), (32, 24), (32, 64)):
    own, exported, shares[before, after], same = compare(before, after)
    corrected.append(same)
    print(
        f"{before} to {after}: JAX {own[:4]}, exported {exported[:4]}, {100 * shares[before, after]:.0f} per cent "
        f"differ, {'none' if same else 'some'} with round_prefer_ceil"
    )
holds = shares[4, 2] == shares[32, 16] == shares[32, 8] == 1 and shares[32, 64] == 0 and all(corrected)
print("other pixels are taken" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
