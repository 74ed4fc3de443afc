#!/usr/bin/env bash
# A model that onnx saves again to the same path with its weights beside it keeps the old weights in that file, unless
# the path lies in the working directory.
#
# Guess before running: a model that is saved twice to the same path with external data has files of the same size
# both times (guess 377; it was doubted).
# Found (onnx 1.23.2): the file of weights in another folder grows by a whole model with each save, since weights are
# added at its end and the old ones stay. The model that is read is the last one. Whoever exports a network after each
# epoch publishes all earlier weights with the last ones, and nothing is said. onnx means to refuse a file that
# exists, but it looks for it in the working directory, not beside the model: there it raises FileExistsError, and it
# does so, too, for a new folder when the working directory has a file of that name. Delete the file of weights
# before.
# Source: onnx/external_data_helper.py (convert_model_to_external_data: os.path.exists(location); save_external_data:
# data_file.seek(0, 2)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'onnx==1.23.2' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(seed):
    weights = np.random.default_rng(seed).normal(size=(64, 64, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"])],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64, 6, 6])],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), weights


def save(epoch, folder):
    os.makedirs(folder, exist_ok=True)
    model, weights = network(epoch)
    try:
        onnx.save_model(model, f"{folder}/network.onnx", save_as_external_data=True, location="network.data")
    except FileExistsError as error:
        return str(error)
    return os.path.getsize(f"{folder}/network.data") / weights.nbytes


print(f"onnx {onnx.__version__}")
elsewhere = [save(epoch, "models") for epoch in range(3)]
print(f"three saves to another folder, size of the file in networks: {elsewhere}")
weights = network(2)[1]
read = numpy_helper.to_array(onnx.load("models/network.onnx").graph.initializer[0])
first = np.frombuffer(open("models/network.data", "rb").read(weights.nbytes), np.float32)
old = np.array_equal(first, network(0)[1].ravel())
print(f"the network that is read has the last weights: {np.array_equal(read, weights)}; the first are there: {old}")
here = [save(epoch, ".") for epoch in range(2)]
print(f"two saves to the working directory: {here}")
new = save(3, "new")
print(f"then one to a new folder: {new}")
holds = elsewhere == [1, 2, 3] and np.array_equal(read, weights) and old
holds = holds and here[0] == 1 and isinstance(here[1], str) and isinstance(new, str)
print("the file grows" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
