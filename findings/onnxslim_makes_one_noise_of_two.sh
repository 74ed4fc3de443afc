#!/usr/bin/env bash
# onnxslim makes one node of two random nodes that look alike, so that independent noises become the same.
#
# Guess before running: two randn_like of a generator stay two independent noises after onnxslim.slim (guess 85).
# Found (onnxslim 0.1.98): two RandomNormalLike nodes with the same input are taken for a repeated computation, and one
# is left. The two noises, independent in the exported model and in onnxruntime, are equal afterwards. In a generator of
# the kind of StyleGAN every pair of layers of one size gets the same noise, and a sampler that draws twice has
# correlated samples; no check of shapes or of a model without noise shows it. Give the noises as inputs of the model,
# or leave this step out (skip_optimizations=["subexpression_elimination"]).
# Source: onnxslim/core/optimization/subexpression_elimination.py (no operator is excepted, random ones neither).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnxslim==0.1.98' 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import importlib.metadata
import io
import sys

import numpy as np
import onnx
import onnxruntime
import onnxslim
from onnx import TensorProto, helper

shape = [1, 1, 64, 64]
names = ("first", "second")
nodes = [helper.make_node("RandomNormalLike", ["x"], [f"{name}_noise"], dtype=TensorProto.FLOAT) for name in names]
nodes += [helper.make_node("Add", ["x", f"{name}_noise"], [name]) for name in names]
given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]
graph = helper.make_graph(nodes, "noises", given, made)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def look(model):
    """Number of random nodes and correlation of the two outputs, for an input of zeros."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    first, second = session.run(None, {"x": np.zeros(shape, np.float32)})
    count = sum(node.op_type == "RandomNormalLike" for node in model.graph.node)
    return count, round(float(np.corrcoef(first.ravel(), second.ravel())[0, 1]), 2)


onnx.checker.check_model(model)
before = look(model)
with contextlib.redirect_stdout(io.StringIO()):
    after = look(onnxslim.slim(model))
    kept = look(onnxslim.slim(model, skip_optimizations=["subexpression_elimination"]))
print(f"onnxslim {importlib.metadata.version('onnxslim')}, onnxruntime {onnxruntime.__version__}")
print(f"random nodes and correlation of two noises: {before}; after slim: {after}; without the step: {kept}")
holds = before[0] == 2 and abs(before[1]) < 0.1 and after == (1, 1.0) and kept[0] == 2 and abs(kept[1]) < 0.1
print("two noises become one" if holds else "two noises stay two now")
sys.exit(0 if holds else 1)
PYTHON
