#!/usr/bin/env bash
# PyTorch's export to ONNX turns the mean of scatter_reduce into the last value that falls on a place.
#
# Guess before running: after export, scatter_reduce without the start value, index_put that adds up, fold, adaptive
# pooling and other operations agree with PyTorch in onnxruntime to 1e-4, or are refused (guess 449; it was doubted).
# Found (torch 2.13.0, onnxscript 0.7.2, onnxruntime 1.32.0): all but two do. scatter_reduce with "mean" is exported
# without any reduction, so that of several values the last one stays, and the mean is up to 0.9 off for noise; "sum",
# "prod", "amax" and "amin" are right, with and without the start value. Nothing is said. Means over superpixels, over
# the points of a voxel and over the pixels that a flow moves to one place are other pictures after export. Beside it,
# logsigmoid, the loss of many GANs, is -inf below about -90, where PyTorch gives the number itself. Export the sum,
# and divide by the sum of ones.
# Source: onnxscript/function_libs/torch_lib/ops/core.py (aten_scatter_reduce: "mean" stands for "none").
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'torch==2.13.0' 'onnx==1.23.2' 'onnxscript==0.7.2' 'onnxruntime==1.32.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import importlib.metadata
import logging
import sys
import warnings

import onnxruntime
import torch

torch.set_num_threads(1)
logging.disable(logging.WARNING)  # torchvision, which is not needed, is missing
warnings.simplefilter("ignore")
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "onnxscript", "onnxruntime")))
path = f"{sys.argv[1]}/model.onnx"
places = torch.tensor([[0, 0, 1, 1, 1, 3]])


class Scatter(torch.nn.Module):
    def __init__(self, reduction, with_start):
        super().__init__()
        self.options = {"reduce": reduction, "include_self": with_start}

    def forward(self, start, values):
        return start.scatter_reduce(1, places, values, **self.options)


class Sum(torch.nn.Module):
    def forward(self, start, values):
        nothing = torch.zeros_like(start)
        count = nothing.scatter_add(1, places, torch.ones_like(values))
        return torch.where(count > 0, nothing.scatter_add(1, places, values) / count.clamp(min=1), start)


def exported(module, *inputs):
    torch.onnx.export(module.eval(), inputs, dynamo=True, opset_version=18, verbose=False).save(path)
    session = onnxruntime.InferenceSession(path)
    names = [entry.name for entry in session.get_inputs()]
    return torch.from_numpy(session.run(None, dict(zip(names, (tensor.numpy() for tensor in inputs))))[0])


generator = torch.Generator().manual_seed(0)
start, values = torch.randn(1, 5, generator=generator), torch.randn(1, 6, generator=generator)
found = {}
for reduction in ("sum", "amax", "mean"):
    for with_start in (True, False):
        module = Scatter(reduction, with_start)
        found[reduction, with_start] = (exported(module, start, values) - module(start, values)).abs().max().item()
        print(f"{reduction}, {'with' if with_start else 'without'} the start: {found[reduction, with_start]:.4f} off")
means = exported(Scatter("mean", False), start, values)
last = start.clone()
for place, value in zip(places[0].tolist(), values[0].tolist()):
    last[0, place] = value
apart = (means - last).abs().max().item()
by_sum = (exported(Sum(), start, values) - Scatter("mean", False)(start, values)).abs().max().item()
print(f"mean against the last value at each place: {apart:.4f} off; as a sum divided by a count: {by_sum:.4f} off")
wrong = {name for name, off in found.items() if off > 1e-4}
holds = wrong == {("mean", True), ("mean", False)} and max(apart, by_sum) < 1e-5
print("the last value is taken for the mean" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
