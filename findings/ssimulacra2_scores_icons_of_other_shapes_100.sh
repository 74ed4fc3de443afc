#!/usr/bin/env bash
# The Python package ssimulacra2 does not see alpha: icons of different shapes score 100, and equal ones far below 0.
#
# Guess before running: equal pictures have 100, a grey picture has the same score as three equal channels, and one with
# alpha is scored as composited on a ground (guess 315; it was doubted). The first two are right.
# Found (ssimulacra2 0.3.0, Pillow 13.0.0): a black disk and a black bar on a transparent ground score 100, which stands
# for no difference, and two files that look the same, one of them with black under its transparent parts, score about
# -300. compute_ssimulacra2_with_alpha and the command line, which calls it, give the same. They open both files by
# convert("RGB") and look for a fourth channel afterwards; the two grounds, dark and light, are never used. Composite
# both pictures on a dark and on a light ground, score each, and take the lower.
# Source: ssimulacra2/ssimulacra2.py, compute_ssimulacra2 (Image.open(...).convert("RGB"), then a test for channel 3).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'ssimulacra2==0.3.0' 'pillow==13.0.0' 'numpy>=2,<3' scipy
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from ssimulacra2 import compute_ssimulacra2, compute_ssimulacra2_with_alpha

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("ssimulacra2", "pillow")), sep=", ")


def icon(shape, corners):
    picture = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    getattr(ImageDraw.Draw(picture), shape)(corners, fill=(0, 0, 0, 255))
    return picture


def scores(one, two):
    one.save("one.png")
    two.save("two.png")
    direct = [float(score("one.png", "two.png")) for score in (compute_ssimulacra2, compute_ssimulacra2_with_alpha)]
    grounds = []
    for level in (30, 225):
        for name, picture in (("one.png", one), ("two.png", two)):
            ground = Image.new("RGBA", picture.size, (level, level, level, 255))
            ground.alpha_composite(picture)
            ground.convert("RGB").save(name)
        grounds.append(float(compute_ssimulacra2("one.png", "two.png")))
    return *direct, min(grounds)


noise = gaussian_filter(np.random.default_rng(0).normal(size=(96, 128, 3)), (3, 3, 0))
colours = np.clip(noise * 900 + 128, 0, 255).astype(np.uint8)
alpha = np.zeros((96, 128), np.uint8)
alpha[20:70, 20:90] = 255
cleared = np.where(alpha[..., None] > 0, colours, 0).astype(np.uint8)
pairs = {
    "disk and bar": (icon("ellipse", (10, 10, 80, 80)), icon("rectangle", (10, 10, 40, 80))),
    "equal, black under alpha 0": tuple(Image.fromarray(np.dstack([values, alpha])) for values in (colours, cleared)),
}
found = {name: scores(*pair) for name, pair in pairs.items()}
for name, (plain, aware, grounds) in found.items():
    print(f"{name}: {plain:.1f}, with_alpha {aware:.1f}, the lower of a dark and a light ground {grounds:.1f}")
icons, equal = found.values()
holds = icons[0] == icons[1] == 100 and icons[2] < 50 and max(equal[:2]) < 0 and equal[2] == 100
print("alpha is not seen" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
