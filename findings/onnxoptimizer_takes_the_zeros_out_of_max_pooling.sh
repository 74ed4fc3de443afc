#!/usr/bin/env bash
# onnxoptimizer takes padding by zeros into a max pooling, where padding is minus infinity.
#
# Guess before running: all fusing and eliminating passes leave a generator (padding by reflection, transposed
# convolution with batch norm, average pooling after padding) as it is to 1e-4 (guess 235; that was right, max pooling
# was tried beside it).
# Found (onnxoptimizer 0.4.2, onnxruntime 1.32.0): ZeroPad2d(1) and MaxPool2d(3, 2) become one pooling with padding of
# its own, by the passes that optimize takes by default. Zeros are larger than negative values, minus infinity is not:
# at the border of a map of negative values, 0 becomes -0.5 and less. So it is with average pooling which does not count
# its own padding. Networks brought over from TensorFlow pad like this before pooling; features, and measures made of
# them, change without an error. onnxsim 0.8.1, which has this optimizer inside, leaves the two apart. Leave the pass
# fuse_pad_into_pool out, or compare the outputs of both models.
# Source: onnxoptimizer/passes/fuse_pad_into_pool.h.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnxoptimizer==0.4.2' 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import onnxoptimizer
import onnxruntime
from onnx import TensorProto, helper

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("onnxoptimizer", "onnxruntime")), sep=", ")
picture = (-0.5 - np.random.default_rng(0).random((1, 3, 16, 16))).astype(np.float32)


def model(pooling, padding, **options):
    nodes = [
        helper.make_node("Pad", ["picture", "pads"], ["padded"], mode=padding),
        helper.make_node(pooling, ["padded"], ["pooled"], kernel_shape=[3, 3], strides=[2, 2], **options),
    ]
    values = [
        helper.make_tensor_value_info("picture", TensorProto.FLOAT, picture.shape),
        helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [1, 3, None, None]),
    ]
    pads = helper.make_tensor("pads", TensorProto.INT64, [8], [0, 0, 1, 1, 0, 0, 1, 1])
    graph = helper.make_graph(nodes, "pooling", values[:1], values[1:], [pads])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def pooled(one):
    session = onnxruntime.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"picture": picture})[0]


def changed(name, one, passes=None):
    made = onnxoptimizer.optimize(one, passes)
    before, after = pooled(one), pooled(made)
    off = float(np.abs(before - after).max())
    print(f"{name}: {[node.op_type for node in made.graph.node]}, off by {off:.3f};"
          f" first row {before[0, 0, 0, :3].round(2)} and {after[0, 0, 0, :3].round(2)}")
    return off


without = [name for name in onnxoptimizer.get_fuse_and_elimination_passes() if name != "fuse_pad_into_pool"]
holds = changed("max pooling", model("MaxPool", "constant")) > 0.4
own = model("AveragePool", "constant", pads=[1, 1, 1, 1], count_include_pad=0)
holds = (changed("average pooling with uncounted padding", own) > 0.1) and holds
holds = (changed("average pooling", model("AveragePool", "constant", count_include_pad=0)) < 1e-6) and holds
holds = (changed("max pooling after reflection", model("MaxPool", "reflect")) < 1e-6) and holds
holds = (changed("max pooling without the pass", model("MaxPool", "constant"), without) < 1e-6) and holds
print("the zeros are lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
