#!/usr/bin/env bash
# The folding of constants of onnx-graphsurgeon draws the noise of a generator once and for all.
#
# Guess before running: fold_constants leaves the noises of a generator independent, and new in each run (guess 414;
# it was doubted).
# Found (onnx-graphsurgeon 0.6.1, onnx 1.23.2, onnxruntime 1.32.0): RandomNormal and RandomUniform have no inputs, so
# that they are taken for constants: the model that is left adds one and the same noise in each run, and the nodes are
# gone. Nothing is said. RandomNormalLike, whose input is the picture, stays. torch.randn of a fixed size, as the
# noise of StyleGAN, is exported as the former. The generator makes one texture for all pictures, and a model that
# draws its latent numbers makes one picture. Give should_exclude_node, or fold before the noise is added.
# Source: onnx_graphsurgeon/ir/graph.py (fold_constants: each node all of whose inputs are constants).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnx-graphsurgeon==0.6.1' 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import onnx_graphsurgeon
import onnxruntime
from onnx import TensorProto, helper

names = ("onnx-graphsurgeon", "onnx", "onnxruntime")
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in names))
shape = [1, 3, 8, 8]


def generator(kind):
    if kind == "RandomNormalLike":
        noise = helper.make_node(kind, ["picture"], ["noise"])
    else:
        noise = helper.make_node(kind, [], ["noise"], shape=shape)
    add = helper.make_node("Add", ["picture", "noise"], ["made"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("picture", "made")]
    graph = helper.make_graph([noise, add], "generator", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def apart(model):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    runs = [session.run(None, {"picture": np.zeros(shape, np.float32)})[0] for _ in range(2)]
    return float(np.abs(runs[0] - runs[1]).mean())


def folded(model, **options):
    made = onnx_graphsurgeon.import_onnx(model).fold_constants(**options).cleanup()
    made = onnx_graphsurgeon.export_onnx(made)
    made.ir_version = 9
    return made


found = {}
for kind in ("RandomNormal", "RandomUniform", "RandomNormalLike"):
    model = generator(kind)
    left = folded(model)
    found[kind] = apart(model), apart(left)
    nodes = ", ".join(node.op_type for node in left.graph.node)
    print(f"{kind}: two runs are {found[kind][0]:.2f} apart, folded {found[kind][1]:.2f}; nodes that are left: {nodes}")
kept = apart(folded(generator("RandomNormal"), should_exclude_node=lambda node: node.op.startswith("Random")))
print(f"RandomNormal, left out by should_exclude_node: {kept:.2f}")
holds = (
    all(before > 0.1 for before, _ in found.values())
    and found["RandomNormal"][1] == found["RandomUniform"][1] == 0
    and min(found["RandomNormalLike"][1], kept) > 0.1
)
print("noise becomes a constant" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
