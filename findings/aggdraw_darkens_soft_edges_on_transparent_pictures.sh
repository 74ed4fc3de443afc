#!/usr/bin/env bash
# aggdraw darkens the soft edges of shapes on a transparent picture, and mixes colours over half-transparent ones
# wrongly.
#
# Guess before running: a red circle with a soft edge on a transparent RGBA picture is pure red wherever alpha is not 0,
# and one of opacity 128 has alpha 128 (guess 299; it was doubted).
# Found (aggdraw 1.4.1, Pillow 13.0.0): the edge runs from red to black as alpha falls, and red of opacity 128 on
# nothing is (127, 0, 0, 127) instead of (255, 0, 0, 128). Over half-transparent blue it is (127, 0, 127, 191), where
# "over" gives (170, 0, 85, 192). Its pixels are mixed as if their colours were multiplied by alpha and are then handed
# to Pillow, whose RGBA is not; on opaque pictures all is right. Draw white on black as a mask (mode L) and use it as
# the alpha of a flat colour.
# Source: AGG as aggdraw uses it (the pixel format rgba32, mixed as plain colours).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'aggdraw==1.4.1' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import aggdraw
import numpy as np
from PIL import Image

print(*(f"{name} {importlib.metadata.version(name)}" for name in ("aggdraw", "pillow")), sep=", ")


def circle(ground, opacity, mode="RGBA"):
    picture = Image.new(mode, (40, 40), ground)
    draw = aggdraw.Draw(picture)
    draw.ellipse((5, 5, 35, 35), None, aggdraw.Brush((255, 0, 0), opacity))
    draw.flush()
    return picture


pixels = np.array(circle((0, 0, 0, 0), 255)).astype(int)
edge = pixels[(pixels[..., 3] > 0) & (pixels[..., 3] < 255)]
print(f"edge of an opaque red circle on nothing: red from {edge[:, 0].min()} to {edge[:, 0].max()}")
half = circle((0, 0, 0, 0), 128).getpixel((20, 20))
blue = circle((0, 0, 255, 128), 128).getpixel((20, 20))
top, bottom = (Image.new("RGBA", (1, 1), colour) for colour in ((255, 0, 0, 128), (0, 0, 255, 128)))
over = Image.alpha_composite(bottom, top).getpixel((0, 0))
opaque = circle((0, 0, 255), 128, "RGB").getpixel((20, 20))
print(f"opacity 128 on nothing: {half}; over blue of alpha 128: {blue}, Pillow's alpha_composite {over}; on opaque blue: {opaque}")
holds = edge[:, 0].min() < 50 and half == (127, 0, 0, 127) and blue[0] < 135 < over[0] and 120 < opaque[0] < 135
print("edges are dark" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
