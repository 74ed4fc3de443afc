#!/usr/bin/env bash
# OpenCV runs a resizing layer of an ONNX model without its antialiasing, and a cubic GridSample as a linear one.
#
# Guess before running: the module dnn agrees with onnxruntime to 1e-3 on Resize, transposed convolution, padding,
# norms, DepthToSpace and GridSample, or refuses the model (guess 379; it was doubted).
# Found (OpenCV 5.0.0, opencv-python-headless 5.0.0.93, onnxruntime 1.32.0): Resize with antialias=1 (opset 18, what
# PyTorch exports from interpolate(antialias=True)) gives exactly the values of antialias=0, up to 1.5 (linear) and
# 2.1 (cubic) off for noise of spread 1; GridSample with mode="cubic" gives exactly those of mode="linear", 0.7 off.
# Nothing is said. A network that shrinks its input itself sees another picture than in training. The other layers
# agree, but Resize by scales that give no whole size, and AveragePool with ceil_mode and padding that counts. Shrink
# pictures before the network, by cv2.INTER_AREA, and compare every model with onnxruntime once.
# Source: the layers Resize and GridSample of OpenCV's modules/dnn/src/layers; by what they do.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'opencv-python-headless==5.0.0.93' 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
picture = random.normal(size=(1, 4, 20, 24)).astype(np.float32)
places = random.uniform(-0.7, 0.7, (1, 8, 10, 2)).astype(np.float32)


def run(operator, names, constants, **settings):
    constants = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["y"], **settings)],
        "layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, picture.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 8, 10])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    network = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    network.setInput(picture)
    return network.forward(), session.run(None, {"x": picture})[0]


print(f"OpenCV {cv2.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
size = {"size": np.array([1, 4, 8, 10], np.int64)}
inputs = ["x", "", "", "size"]
average, plain = {"antialias": 1}, {"antialias": 0}
holds = True
for name, operator, names, constants, settings, other in (
    ("Resize, linear, antialias", "Resize", inputs, size, {"mode": "linear", **average}, plain),
    ("Resize, cubic, antialias", "Resize", inputs, size, {"mode": "cubic", **average}, plain),
    ("GridSample, cubic", "GridSample", ["x", "places"], {"places": places}, {"mode": "cubic"}, {"mode": "linear"}),
):
    opencv, runtime = run(operator, names, constants, **settings)
    simple, runtime_simple = run(operator, names, constants, **{**settings, **other})
    off, apart = np.abs(opencv - runtime).max(), np.abs(opencv - simple).max()
    agree = np.abs(simple - runtime_simple).max()
    print(f"{name}: {off:.3f} from onnxruntime, {apart:.3f} from {other}, where both agree to {agree:.1e}")
    holds = holds and off > 0.3 and apart == 0 and agree < 1e-4
print("the settings are ignored" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
