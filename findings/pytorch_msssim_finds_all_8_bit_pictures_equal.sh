#!/usr/bin/env bash
# pytorch-msssim gives any two 8-bit pictures an SSIM of exactly 1.
#
# Guess before running: ssim and ms_ssim of uint8 tensors with data_range=255 are those of the same numbers as float, or
# are refused (guess 189; it was doubted).
# Found (pytorch-msssim 1.0.0, PyTorch 2.13.0): two pictures of noise that have nothing in common have an SSIM of 0.007
# as float tensors, and of 1 as uint8, int32 or int64, and so have a picture and its negative. The Gaussian window is
# turned to the type of the pictures, and as all its weights are below 1, it becomes a window of zeros; nothing is said.
# ms_ssim refuses uint8 (by an error of its pooling), but not int64, where it is 1 too. Its examples speak of pictures
# of 0 to 255. Write ssim(x.float(), y.float(), data_range=255).
# Source: pytorch_msssim/ssim.py, _ssim (win.to(X.device, dtype=X.dtype)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'pytorch-msssim==1.0.0' 'torch==2.13.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import torch
from pytorch_msssim import ms_ssim, ssim

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
first, second = torch.randint(0, 256, (2, 1, 3, 192, 192), generator=generator, dtype=torch.uint8)
print(f"pytorch-msssim {importlib.metadata.version('pytorch-msssim')}, PyTorch {torch.__version__}")


def measured(measure, one, other, dtype):
    try:
        return float(measure(one.to(dtype), other.to(dtype), data_range=255))
    except (RuntimeError, ValueError, TypeError) as error:
        print(f"  {dtype} is refused: {type(error).__name__}: {str(error).splitlines()[0]}")
        return None


found = {}
for measure in (ssim, ms_ssim):
    for name, other in {"other noise": second, "its negative": 255 - first}.items():
        for dtype in (torch.float32, torch.uint8, torch.int64):
            value = found[measure.__name__, name, dtype] = measured(measure, first, other, dtype)
            if value is not None:
                print(f"{measure.__name__} of noise and {name}, {dtype}: {value:.4f}")
holds = all(
    found["ssim", name, torch.float32] < 0.1 and found["ssim", name, torch.uint8] == found["ssim", name, torch.int64] == 1
    for name in ("other noise", "its negative")
)
print("8-bit pictures are all equal" if holds else "8-bit pictures are told apart, or refused")
sys.exit(0 if holds else 1)
PYTHON
