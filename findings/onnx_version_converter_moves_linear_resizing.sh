#!/usr/bin/env bash
# The version converter of ONNX moves the pixels of networks that enlarge or shrink linearly.
#
# Guess before running: version_converter leaves the output of Upsample (opset 9) and Resize (opset 10), nearest and
# linear, as it is at opset 11, 13 and 18, to 1e-5 (guess 265; it was doubted).
# Found (onnx 1.23.2, onnxruntime 1.32.0): nearest stays, linear changes at opset 11 and later, by up to the range of
# the picture. Before opset 11 pixel x is taken from x / scale; from opset 11 on there is an attribute for it, whose
# default is (x + 0.5) / scale - 0.5, and the converter does not write it. Old networks for faces, masks and
# super-resolution are of those opsets; converted ones still run, and their output is moved by up to half a pixel. Set
# coordinate_transformation_mode to "asymmetric" in each Resize after the conversion. The project has an issue about it
# (8480).
# Source: onnx/version_converter/adapters/resize_10_11.h.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, version_converter

onnxruntime.set_default_logger_severity(3)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("onnx", "onnxruntime")), sep=", ")
picture = np.random.default_rng(0).normal(size=(1, 1, 5, 7)).astype(np.float32)


def network(kind, opset, mode, scale):
    size = [1, 1, int(5 * scale), int(7 * scale)]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "scales"], ["y"], mode=mode)],
        "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 5, 7])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, size)],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, scale, scale])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)
    onnx.checker.check_model(model)
    return model


def run(model):
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": picture})[0]


def asymmetric(model):
    for node in model.graph.node:
        if node.op_type == "Resize":
            node.attribute.append(helper.make_attribute("coordinate_transformation_mode", "asymmetric"))
    return model


moved, mended = {}, []
for kind, opset, scale in (("Upsample", 9, 2), ("Resize", 10, 2), ("Resize", 10, 1.5), ("Resize", 10, 0.5)):
    for mode in ("nearest", "linear"):
        model = network(kind, opset, mode, scale)
        before = run(model)
        for target in (11, 13, 18):
            moved[kind, scale, mode, target] = float(np.abs(run(version_converter.convert_version(model, target)) - before).max())
        if mode == "linear":
            mended.append(float(np.abs(run(asymmetric(version_converter.convert_version(model, 18))) - before).max()))
        found = ", ".join(f"opset {target}: {moved[kind, scale, mode, target]:.3f}" for target in (11, 13, 18))
        print(f"{kind} of opset {opset}, {mode}, scale {scale}: greatest difference at {found}")
print(f"with coordinate_transformation_mode asymmetric: {max(mended):.1e}")
holds = all((value > 0.3) == (mode == "linear") for (_, _, mode, _), value in moved.items()) and max(mended) < 1e-5
print("linear resizing is moved" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
