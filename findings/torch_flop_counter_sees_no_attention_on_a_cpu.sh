#!/usr/bin/env bash
# PyTorch's FlopCounterMode counts no operation for scaled_dot_product_attention on a CPU.
#
# Guess before running: FlopCounterMode counts scaled_dot_product_attention on a CPU as it counts the two matrix
# products, to 1 per cent (guess 411; it was doubted).
# Found (torch 2.13.0): 0, forwards and backwards, as a CPU takes a kernel of its own that has no formula; nothing is
# said. With the backend MATH it is the right number. The attention of a diffusion transformer or of a U-Net, which
# grows with the square of the number of pixels, is left out of figures that are taken on a CPU, and a network that was
# written with matrix products seems to cost more than one with this function. Count inside
# sdpa_kernel(SDPBackend.MATH).
# Source: torch/utils/flop_counter.py (flop_registry: the efficient, flash and cudnn kernels of attention, but not
# aten._scaled_dot_product_flash_attention_for_cpu).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

torch.set_num_threads(1)
print(f"torch {torch.__version__}")
heads, tokens, width = 4, 256, 32
query, key, value = torch.randn(3, 1, heads, tokens, width, generator=torch.Generator().manual_seed(0)).requires_grad_()


def operations(function):
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


forward = operations(lambda: scaled_dot_product_attention(query, key, value))
step = operations(lambda: scaled_dot_product_attention(query, key, value).sum().backward())
products = operations(lambda: torch.softmax(query @ key.mT / width**0.5, -1) @ value)
with sdpa_kernel(SDPBackend.MATH):
    plain = operations(lambda: scaled_dot_product_attention(query, key, value))
by_hand = 2 * 2 * heads * tokens * tokens * width
print(f"by hand {by_hand}, as two products {products}, with the backend MATH {plain}")
print(f"scaled_dot_product_attention: {forward}, and {step} with its backward pass")
holds = forward == step == 0 and products == plain == by_hand
print("attention is not counted" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
