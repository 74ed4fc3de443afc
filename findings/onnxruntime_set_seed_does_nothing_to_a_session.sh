#!/usr/bin/env bash
# onnxruntime.set_seed does nothing for sessions that exist, and gives all new ones the same noise.
#
# Guess before running: set_seed(0) before a run makes the noise of a generator the same as in the last run after
# set_seed(0) (guess 232; it was doubted).
# Found (onnxruntime 1.32.0, a model with RandomNormalLike, as PyTorch exports randn_like): in a session that was made
# before, noise goes on as if nothing had been said. The seed is read when a session is made: then it counts, and two
# sessions made after it draw the same noise, even without set_seed between them, so that two workers of one process
# make the same pictures. Make a new session after set_seed, or, better, make the noise an input of the exported model.
# Source: onnxruntime/core/providers/cpu/generator/random.h (the generator is seeded in the constructor of the kernel).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnxruntime==1.32.0' 'onnx==1.23.2' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

print(f"onnxruntime {onnxruntime.__version__}")
values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 4, 4]) for name in ("picture", "noisy")]
nodes = [
    helper.make_node("RandomNormalLike", ["picture"], ["noise"]),
    helper.make_node("Add", ["picture", "noise"], ["noisy"]),
]
graph = helper.make_graph(nodes, "noise", values[:1], values[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()


def session():
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def noise(one):
    return one.run(None, {"picture": np.zeros((1, 1, 4, 4), np.float32)})[0].ravel()


def after_seed(make):
    onnxruntime.set_seed(0)
    return noise(make())


old = session()
found = {
    "the same session, seeded before each run": (after_seed(lambda: old), after_seed(lambda: old)),
    "a new session after the seed": (after_seed(session), after_seed(session)),
}
onnxruntime.set_seed(0)
found["two sessions after one seed"] = (noise(session()), noise(session()))
for name, (one, other) in found.items():
    print(f"{name}: {one[:3].round(3)} and {other[:3].round(3)}, equal: {np.array_equal(one, other)}")
holds = [np.array_equal(*pair) for pair in found.values()] == [False, True, True]
print("the seed counts for new sessions alone" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
