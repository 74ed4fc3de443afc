#!/usr/bin/env bash
# The shape that GGUFReader gives a tensor is the reverse of the shape of its data.
#
# Guess before running: reader.tensors[0].shape is reader.tensors[0].data.shape, which is the shape that was written.
# Found (gguf 0.19.0): shape has the dimensions in the order of the file, the fastest first, and data has them in NumPy's
# order. A convolution written as (8, 4, 3, 3) has shape [3 3 4 8]: a loader that sizes its layers by shape swaps input and
# output channels. Square matrices and vectors hide it.
# Source: gguf/gguf_reader.py, _build_tensors (ReaderTensor(shape=dims, data=... .reshape(reversed dims))).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'gguf==0.19.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - "$folder/weights.gguf" <<'PYTHON'
import importlib.metadata
import sys

import gguf
import numpy as np

path = sys.argv[1]
written = {
    "convolution": np.arange(8 * 4 * 3 * 3, dtype=np.float32).reshape(8, 4, 3, 3),
    "bias": np.ones(8, np.float32),
}
writer = gguf.GGUFWriter(path, "example")
for name, array in written.items():
    writer.add_tensor(name, array)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print(f"gguf {importlib.metadata.version('gguf')}")
holds = True
for tensor in gguf.GGUFReader(path).tensors:
    shape, array = tuple(map(int, tensor.shape)), written[tensor.name]
    print(f"{tensor.name}: written {array.shape}, shape {shape}, data.shape {tensor.data.shape}")
    holds = holds and shape == array.shape[::-1] and tensor.data.shape == array.shape
    holds = holds and np.array_equal(tensor.data, array)
print("shape is in reverse order" if holds else "shape is the shape of the data now")
sys.exit(0 if holds else 1)
PYTHON
