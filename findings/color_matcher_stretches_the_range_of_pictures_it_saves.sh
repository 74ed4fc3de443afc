#!/usr/bin/env bash
# color-matcher saves a matched picture stretched to the full range, so that its colours do not match.
#
# Guess before running: transfer(src=x, ref=x) and uint8_norm give x back to one level (guess 104).
# Found (color-matcher 0.6.0): transfer gives x back, but save_img_file and Normalizer(...).uint8_norm(), with which it
# stores a picture, map the least value to 0 and the greatest to 255. A soft picture that was matched to itself is 76
# levels off in the file, and one that was matched to a dark reference is not dark. Round and clip the result of
# transfer, and write it with another library.
# Source: color_matcher/io_handler.py, save_img_file, and normalizer.py, norm_fun (the minimum is subtracted, and the
# rest divided by the range).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'color-matcher==0.6.0' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from color_matcher import ColorMatcher
from color_matcher.io_handler import save_img_file
from PIL import Image

rng = np.random.default_rng(0)
source = rng.integers(60, 180, (32, 32, 3), dtype=np.uint8)
dark = (source * 0.4).astype(np.uint8)


def saved(pixels):
    save_img_file(pixels, file_path="saved.png")
    return np.array(Image.open("saved.png").convert("RGB"))


print(f"color-matcher {importlib.metadata.version('color-matcher')}")
holds = True
for method in ("mkl", "mvgd", "hm"):
    same = ColorMatcher().transfer(src=source, ref=source, method=method)
    before, after = (float(np.abs(made - source.astype(float)).max()) for made in (same, saved(same)))
    matched = ColorMatcher().transfer(src=source, ref=dark, method=method)
    means = [round(float(made.mean()), 1) for made in (dark, matched, saved(matched))]
    print(f"{method}: matched to itself, off by {before:.1f} in memory, {after:.1f} in the file")
    print(f"  mean of a dark reference, of the picture matched to it, and of the same in the file: {means}")
    holds = holds and before < 1 and after > 50 and abs(means[0] - means[1]) < 2 and means[2] > 2 * means[0]
print("the range is stretched" if holds else "the range is not stretched any more")
sys.exit(0 if holds else 1)
PYTHON
