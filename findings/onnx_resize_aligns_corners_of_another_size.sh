#!/usr/bin/env bash
# The reference implementation of ONNX and onnxruntime put the pixels of one Resize node at other places.
#
# Guess before running: the reference evaluator and onnxruntime agree to 1e-4 on Resize (guess 21).
# Found (onnx 1.23.2, onnxruntime 1.32.0): with coordinate_transformation_mode align_corners and scales that give no
# whole number of pixels, as 0.37 of 64, they differ by a fifth of the range; with every other mode they agree. The
# reference takes 23.68 for the length of the result, the runtime 23. Linear and cubic, with antialias and without. Give
# sizes instead of scales; then they agree.
# Source: onnx/reference/ops/op_resize.py (output_width = scale * input_width, not rounded);
# onnxruntime/core/providers/cpu/tensor/upsamplebase.h (length_resized).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

picture = np.random.default_rng(0).random((1, 1, 64, 64)).astype(np.float32)


def difference(place, by_size):
    """Largest difference of the two, for a result of 23 x 39 pixels."""
    inputs = ["x", "", "", "sizes"] if by_size else ["x", "", "scales"]
    node = helper.make_node("Resize", inputs, ["y"], mode="linear", coordinate_transformation_mode=place)
    given = [
        helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 0.37, 0.61]),
        helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, 23, 39]),
    ][by_size]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 64, 64])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "resize", [x], [y], [given])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    one = ReferenceEvaluator(model).run(None, {"x": picture})[0]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return float(np.abs(one - session.run(None, {"x": picture})[0]).max())


print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
aligned, half, sizes = difference("align_corners", False), difference("half_pixel", False), difference("align_corners", True)
print(f"scales: align_corners {aligned:.3f}, half_pixel {half:.1e}; sizes: align_corners {sizes:.1e}")
holds = aligned > 0.05 and half < 1e-4 and sizes < 1e-4
print("they differ for align_corners with scales" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
