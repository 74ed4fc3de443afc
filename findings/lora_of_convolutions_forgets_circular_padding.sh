#!/usr/bin/env bash
# LoRA on a convolution with circular or reflection padding pads with zeros, in PEFT and in LyCORIS, until it is merged.
#
# Guesses before running: LoRA on a Conv2d with circular or reflection padding gives the same before and after merging,
# to 1e-4, in peft (guess 227) and in lycoris-lora (guess 228; both were doubted).
# Found (peft 0.21.2, lycoris-lora 4.1.3, PyTorch 2.13.0): inside the picture the two agree to rounding, at its border
# they are up to two or three times the mean of the output apart; with zero padding they agree everywhere. The added
# branch is a convolution of its own, which takes kernel size, stride and padding of the layer, but not its
# padding_mode. A network for tileable textures or panoramas, whose convolutions are circular, shows seams as long as
# the LoRA is a branch, learns to make up for them, and gives other pictures after merging. In LyCORIS this is so for
# lora, loha and lokr alike. In peft, set padding_mode of lora_A of each layer as well, which makes both equal; or pad
# by hand before a convolution without padding.
# Source: peft/tuners/lora/layer.py (_ConvNd.update_layer) and lycoris/modules/base.py (kw_dict).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'peft==0.21.2' 'lycoris-lora==4.1.3' 'transformers==5.23.0' 'accelerate>=1,<2' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - 2> "$folder/log" <<'PYTHON' || { status=$?; tail -n 5 "$folder/log"; exit "$status"; }
import importlib.metadata
import logging
import sys

import torch
from lycoris import LycorisNetwork, create_lycoris
from peft import LoraConfig, get_peft_model
from torch import nn

torch.set_num_threads(1)
logging.getLogger("LyCORIS").setLevel(logging.WARNING)
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("peft", "lycoris-lora", "torch")), sep=", ")


def network(mode):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, padding=1, padding_mode=mode), nn.SiLU(), nn.Conv2d(8, 3, 3, padding=1, padding_mode=mode)]
    return nn.Sequential(*layers).eval()


def by_peft(mode, picture):
    model = get_peft_model(network(mode), LoraConfig(r=4, target_modules=["0", "2"], init_lora_weights=False)).eval()
    return model(picture), model.merge_and_unload()(picture)


def by_peft_with_mode_set(mode, picture):
    model = get_peft_model(network(mode), LoraConfig(r=4, target_modules=["0", "2"], init_lora_weights=False)).eval()
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and "lora_A" in name:
            module.padding_mode = mode
    return model(picture), model.merge_and_unload()(picture)


def by_lycoris(mode, picture):
    model = network(mode)
    LycorisNetwork.apply_preset({"enable_conv": True, "target_module": ["Sequential", "Conv2d"]})
    wrapper = create_lycoris(model, 1.0, linear_dim=4, linear_alpha=4, conv_dim=4, conv_alpha=4, algo="lora")
    wrapper.apply_to()
    for parameter in wrapper.parameters():
        parameter.copy_(0.1 * torch.randn(parameter.shape))
    branch = model(picture)
    wrapper.restore()
    wrapper.merge_to(1.0)
    return branch, model(picture)


picture = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
found = {}
with torch.no_grad():
    for name, merged in {"peft": by_peft, "lycoris": by_lycoris, "peft, mode set": by_peft_with_mode_set}.items():
        for mode in ("zeros", "circular", "reflect"):
            before, after = merged(mode, picture)
            difference, size = (before - after).abs(), float(after.abs().mean())
            found[name, mode] = float(difference.max()) / size, float(difference[..., 2:-2, 2:-2].max()) / size
            print(f"{name}, {mode}: {found[name, mode][0]:.6f} of the mean apart, inside {found[name, mode][1]:.6f}")
holds = all(found[name, "zeros"][0] < 1e-4 for name in ("peft", "lycoris"))
holds = holds and all(found[name, mode][1] < 1e-4 for name in ("peft", "lycoris") for mode in ("circular", "reflect"))
holds = holds and all(found[name, mode][0] > 0.05 for name in ("peft", "lycoris") for mode in ("circular", "reflect"))
print("the branch pads with zeros" if holds else "the branch pads as the layer does, or not as it was")
sys.exit(0 if holds else 1)
PYTHON
