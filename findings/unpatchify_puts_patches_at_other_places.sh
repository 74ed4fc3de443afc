#!/usr/bin/env bash
# patchify drops the rest of a picture that its step does not reach, and unpatchify then puts all patches at other places.
#
# Guess before running: patchify covers the whole picture or refuses, and unpatchify(patchify(x), x.shape) is x.
# Found (patchify 0.2.3): patches of 64 pixels with a step of 32 leave the last 4 rows and columns of a picture of 100
# pixels out, without a message. unpatchify does not know the step: it takes (100 - 64) / 1 = 36 for it, places the patches
# 36 pixels apart and gives a picture of the right shape of which an eighth of the pixels are right. With a step that fits
# (30 for patches of 40) everything is right. Pad the picture so that (side - patch) is a multiple of the step.
# Source: patchify/__init__.py (patchify is skimage's view_as_windows; unpatchify derives the step from the shapes).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'patchify==0.2.3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from patchify import patchify, unpatchify

picture = np.arange(100 * 100).reshape(100, 100)
shares = {}
print(f"patchify {importlib.metadata.version('patchify')}, NumPy {np.__version__}")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for patch, step in ((64, 32), (40, 30)):
        patches = patchify(picture, (patch, patch), step=step)
        back = unpatchify(patches, picture.shape)
        shares[step] = float((back == picture).mean())
        print(f"patches of {patch}, step {step}: {patches.shape[:2]} of them; right pixels after unpatchify: {shares[step]:.1%}")
print(f"warnings: {len(said)}")
holds = shares[32] < 0.5 and shares[30] == 1 and not said
print("patches are put at other places" if holds else "the picture comes back whole, or there is a message")
sys.exit(0 if holds else 1)
PYTHON
