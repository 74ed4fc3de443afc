#!/usr/bin/env bash
# PEFT mixes an adapter half and half with a copy of itself to one of twice or half its strength, by all merges but cat
# and svd.
#
# Guess before running: an adapter that add_weighted_adapter mixes half and half with a copy of itself ("linear") is
# that adapter, and two adapters half and half are the mean of their effects, to 1e-4 (guess 259; it was doubted).
# Found (peft 0.21.2, PyTorch 2.13.0): it is twice that adapter by linear and magnitude_prune, and by dare_linear at a
# density of 1, and half of it by ties, dare_ties and ties_svd. Two different adapters give something else than their
# mean, 0.5 to 1.3 times its size away. A and B are mixed apart, each by the roots of the weights, so that products of
# the one's A with the other's B come in, and the forms of ties divide by the number of adapters. "cat" and "svd" are
# right. The documentation calls linear a rough approximation; it does not say that what two adapters have in common is
# doubled, nor anything of the kind about the others. Styles and characters that were trained from one base have much in
# common. Use cat or svd.
# Source: peft/tuners/lora/model.py, _generalized_task_arithmetic_weighted_adapter (math.sqrt(abs(weight_with_scaling))
# for A and for B).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'peft==0.21.2' 'torch==2.13.0' 'numpy>=2,<3'
cd "$folder"
export HF_HUB_OFFLINE=1 HF_HOME="$folder/cache"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import torch
from peft import LoraConfig, get_peft_model
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("peft", "torch")), sep=", ")
torch.manual_seed(0)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 16)

    def forward(self, features):
        return self.layer(features)


features, base = torch.randn(8, 16), Network()
with torch.no_grad():
    before = base(features)
settings = LoraConfig(r=4, lora_alpha=4, target_modules=["layer"], init_lora_weights=False)
network = get_peft_model(base, settings, adapter_name="one")
network.add_adapter("copy", settings)
network.add_adapter("two", settings)
state = network.state_dict()
for name in state:
    if ".one." in name:
        state[name.replace(".one.", ".copy.")].copy_(state[name])
network.eval()


def effect(adapter):
    network.set_adapter(adapter)
    with torch.no_grad():
        return network(features) - before


one, two = effect("one"), effect("two")
strength = {}
for kind in ("linear", "magnitude_prune", "ties", "dare_linear", "dare_ties", "cat", "svd", "ties_svd"):
    more = {"density": 1.0} if kind not in ("linear", "cat", "svd") else {}
    if kind.endswith("svd"):
        more["svd_rank"] = 8
    network.add_weighted_adapter(["one", "copy"], [0.5, 0.5], f"self_{kind}", combination_type=kind, **more)
    network.add_weighted_adapter(["one", "two"], [0.5, 0.5], f"mixed_{kind}", combination_type=kind, **more)
    alone, mixed = effect(f"self_{kind}"), effect(f"mixed_{kind}")
    strength[kind] = float((alone * one).sum() / (one * one).sum())
    apart = float((mixed - (one + two) / 2).norm() / ((one + two) / 2).norm())
    print(f"{kind}: half and half with itself {strength[kind]:.3f} times its effect; two adapters {apart:.2f} from their mean")
expected = {"linear": 2, "magnitude_prune": 2, "dare_linear": 2, "ties": 0.5, "dare_ties": 0.5, "ties_svd": 0.5, "cat": 1, "svd": 1}
holds = all(abs(strength[kind] - value) < 1e-3 for kind, value in expected.items())
print("its strength is another" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
