#!/usr/bin/env bash
# A network that PyTorchModelHubMixin saved is loaded with another activation function, and nothing is said.
#
# Guess before running: a network of PyTorchModelHubMixin that was built with another activation function than its
# default has it after save_pretrained and from_pretrained, or an error is raised (guess 230; it was doubted).
# Found (huggingface-hub 2.4.0, PyTorch 2.13.0): the weights come back, the activation does not. Arguments of the
# constructor that JSON cannot hold, as a function or a class, are left out of config.json without a word, and when the
# network is loaded, their defaults stand in. As activations have no weights, everything fits, and the pictures are
# others; only a norm layer with other weights is noticed. Numbers and tuples come back as they were. Choose by name
# (activation="silu"), or give the class coders for such types; look at config.json before publishing.
# Source: huggingface_hub/hub_mixin.py (ModelHubMixin.__new__, _is_jsonable).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'huggingface-hub==2.4.0' 'safetensors==0.8.0' 'torch==2.13.0' 'numpy>=2,<3'
HF_HOME="$folder/cache" HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - "$folder/saved" <<'PYTHON'
import importlib.metadata
import json
import sys
import warnings
from pathlib import Path

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn
from torch.nn import functional

torch.set_num_threads(1)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("huggingface-hub", "torch")), sep=", ")


class Network(nn.Module, PyTorchModelHubMixin):
    def __init__(self, width=8, factors=(1, 2), activation=functional.relu, norm=nn.BatchNorm2d):
        super().__init__()
        self.factors, self.activation = list(factors), activation
        self.layers = nn.ModuleList([nn.Conv2d(3, width, 3, padding=1), norm(width), nn.Conv2d(width, 3, 3, padding=1)])

    def forward(self, picture):
        first, norm, last = self.layers
        return last(self.activation(norm(first(picture))))


picture = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
apart = {}
for name, arguments in {
    "width and factors": {"width": 4, "factors": (1, 4)},
    "activation": {"activation": functional.silu},
    "norm layer": {"norm": nn.InstanceNorm2d},
}.items():
    torch.manual_seed(0)
    network = Network(**arguments).eval()
    place = Path(sys.argv[1]) / name
    with warnings.catch_warnings(record=True) as said, torch.no_grad():
        warnings.simplefilter("always")
        network.save_pretrained(place)
        try:
            back = Network.from_pretrained(place, strict=True).eval()
        except RuntimeError as error:
            print(f"{name}: refused: {str(error).splitlines()[0]}")
            continue
        apart[name] = float((network(picture) - back(picture)).abs().max())
        same = back.factors == network.factors
    config = json.loads((place / "config.json").read_text()) if (place / "config.json").exists() else None
    words = [str(warning.message) for warning in said if issubclass(warning.category, UserWarning)]
    print(f"{name}: {apart[name]:.4f} apart, factors kept: {same}; config.json: {config}; warnings: {words}")
    if words or not same:
        apart.clear()
holds = apart.get("width and factors", 1) < 1e-6 and apart.get("activation", 0) > 0.01
print("the default activation is used" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
