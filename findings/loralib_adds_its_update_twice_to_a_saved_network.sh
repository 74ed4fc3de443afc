#!/usr/bin/env bash
# A network of loralib that is saved after eval() has its low-rank update twice when it is loaded into a new one.
#
# Guess before running: a generator of loralib's layers that is saved by state_dict after eval() gives the same pictures
# when it is loaded into a new one and eval() is called (guess 413; it was doubted).
# Found (loralib 0.1.2, torch 2.13.0): it gives others, further from the saved ones than these are from the network
# without the update. The call of eval() adds B A to the weight, and the file has that sum, A and B, but not that they
# are merged; the new network, which does not know it, adds B A once more. It is right if eval() is called before
# load_state_dict, and if the network is saved in training mode. Pictures are usually made and checked in eval(), so
# that the last state of a training is easily saved so. Call train() before saving, or save lora_state_dict alone
# beside the original weights.
# Source: loralib/layers.py (train of Linear and ConvLoRA: weight.data += ..., with merged as a plain attribute).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'loralib==0.1.2' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import loralib
import torch

torch.set_num_threads(1)
print(f"loralib {importlib.metadata.version('loralib')}, torch {torch.__version__}")


class Generator(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = loralib.Linear(16, 8 * 4 * 4, r=4)
        self.last = loralib.Conv2d(8, 3, 3, r=2, padding=1)

    def forward(self, noise):
        return torch.tanh(self.last(torch.relu(self.first(noise)).view(-1, 8, 4, 4)))


torch.manual_seed(0)
trained = Generator()
noise = torch.randn(8, 16)
with torch.no_grad():
    without = trained(noise)  # the second factor is 0 at first
    for layer in (trained.first, trained.last):
        layer.lora_A.normal_(0, 0.2)
        layer.lora_B.normal_(0, 0.2)
    wanted = trained(noise)
    in_training = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    merged_apart = (trained.eval()(noise) - wanted).abs().max()
    saved = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    first, second, third = Generator(), Generator().eval(), Generator()
    first.load_state_dict(saved)
    second.load_state_dict(saved)
    third.load_state_dict(in_training)
    apart = {
        "without the update": without,
        "saved after eval(), loaded, eval()": first.eval()(noise),
        "saved after eval(), eval(), loaded": second(noise),
        "saved in training, loaded, eval()": third.eval()(noise),
    }
print(f"after eval() of the trained network: up to {merged_apart:.6f} off")
apart = {name: (pictures - wanted).abs().mean().item() for name, pictures in apart.items()}
for name, value in apart.items():
    print(f"{name}: {value:.4f} off on the mean")
update, twice, before, training = apart.values()
holds = merged_apart < 1e-5 and twice > 0.5 * update > 0.01 and before < 1e-5 and training < 1e-5
print("the update is there twice" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
