#!/usr/bin/env bash
# The pre-processing of onnxruntime-extensions shrinks pictures without averaging, unless a newer opset is asked for.
#
# Guess before running: the step Resize to a quarter is within 8 levels of Pillow's bilinear on the mean of noise (guess
# 338; it was doubted).
# Found (onnxruntime-extensions 0.15.2, onnxruntime 1.32.0, onnx 1.23.2): with the opset 16, which PrePostProcessor
# takes by default, it is 25 levels apart and has three times the contrast, as two pixels of four are dropped; with 18
# it is within a level. The step writes antialias=1 into its node from opset 18 on and leaves it out below, without a word. A model
# that was trained on pictures of Pillow gets aliased ones. Give onnx_opset=18 or newer, and a model of that opset.
# Source: onnxruntime_extensions/tools/pre_post_processing/pre_post_processor.py (onnx_opset = 16) and steps/vision.py,
# Resize.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'onnxruntime-extensions==0.15.2' 'onnxruntime==1.32.0' 'onnx==1.23.2' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import inspect
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime_extensions import get_library_path
from onnxruntime_extensions.tools.pre_post_processing import PrePostProcessor, Resize, create_named_value
from PIL import Image

packages = ("onnxruntime-extensions", "onnxruntime", "onnx", "pillow")
print(*(f"{name} {importlib.metadata.version(name)}" for name in packages), sep=", ")
picture = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
pillow = np.asarray(Image.fromarray(picture).resize((64, 64), Image.Resampling.BILINEAR)).astype(float)
default = inspect.signature(PrePostProcessor.__init__).parameters["onnx_opset"].default


def resized(opset):
    """The picture at a quarter of its size, by a model that changes nothing."""
    pipeline = PrePostProcessor([create_named_value("image", TensorProto.UINT8, [256, 256, 3])], opset)
    pipeline.add_pre_processing([Resize((64, 64))])
    ends = [helper.make_tensor_value_info(name, TensorProto.UINT8, [64, 64, 3]) for name in ("before", "after")]
    graph = helper.make_graph([helper.make_node("Identity", ["before"], ["after"])], "same", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = pipeline.run(model)
    options = onnxruntime.SessionOptions()
    options.register_custom_ops_library(get_library_path())
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture})[0]


found = {}
for opset in (16, 18):
    small = resized(opset)
    found[opset] = float(np.abs(small - pillow).mean())
    print(f"opset {opset}: {found[opset]:.1f} levels from Pillow, spread {small.std():.1f} and {pillow.std():.1f}")
print(f"opset by default: {default}")
holds = default == 16 and found[16] > 15 and found[18] < 2
print("there is no averaging by default" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
