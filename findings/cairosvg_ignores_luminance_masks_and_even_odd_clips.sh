#!/usr/bin/env bash
# CairoSVG draws masks by their alpha alone, fills the holes of even-odd clip paths, and draws blurred shapes sharp.
#
# Guesses before running: a drawing with a gradient, a mask and group opacity is the same in CairoSVG and resvg to 3
# levels away from edges; a circle with feGaussianBlur has a soft edge (guesses 112 and 72).
# Found (cairosvg 2.9.1, against resvg-py 0.5.0): a mask of mid grey hides nothing, as only its alpha is looked at (SVG
# takes luminance). A clip path with clip-rule="evenodd" loses its hole. feGaussianBlur does nothing, and the alpha of a
# colour such as #ff000080 is dropped. Nothing is said. Gradients and group opacity are right. Pictures of icons and
# emoji for a training set then lack shades, holes and shadows. Compare a sheet of them with resvg.
# Source: cairosvg/defs.py (paint_mask, filters) and surface.py (clip paths; the even-odd rule of clips is left out).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'cairosvg==2.9.1' 'resvg-py==0.5.0' 'pillow==13.0.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import cairosvg
import numpy as np
import resvg_py
from PIL import Image

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72" width="144" height="144">'
DISC = '<circle cx="36" cy="36" r="20"'
DRAWINGS = {
    "gradient": '<radialGradient id="g"><stop offset="0" stop-color="#ff0"/><stop offset="1" stop-color="#a00"/>'
    f'</radialGradient>{DISC} fill="url(#g)"/>',
    "group opacity": f'<g opacity=".5">{DISC} fill="#f00"/><rect width="40" height="40" fill="#00f"/></g>',
    "mask of grey": '<mask id="m"><rect width="72" height="72" fill="#808080"/></mask>'
    '<rect width="72" height="72" fill="#080" mask="url(#m)"/>',
    "even-odd clip": '<clipPath id="c"><path clip-rule="evenodd" d="M5 5H65V65H5Z M20 20H50V50H20Z"/></clipPath>'
    '<rect width="72" height="72" fill="#080" clip-path="url(#c)"/>',
    "blur": f'<filter id="f"><feGaussianBlur stdDeviation="6"/></filter>{DISC} fill="#00f" filter="url(#f)"/>',
    "alpha in a colour": f'{DISC} fill="#ff000080"/>',
}


def pixels(png):
    return np.array(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def differing(body):
    """Part of the pixels that differ by more than 8 levels, with all their neighbours (edges are left out)."""
    text = f"{HEAD}{body}</svg>"
    in_cairo = pixels(cairosvg.svg2png(bytestring=text.encode(), background_color="white"))
    in_resvg = pixels(bytes(resvg_py.svg_to_bytes(svg_string=text, background="white")))
    wrong = np.abs(in_cairo - in_resvg).max(2) > 8
    inner = np.lib.stride_tricks.sliding_window_view(wrong, (3, 3)).all((2, 3))
    return round(float(inner.mean()), 3)


off = {name: differing(body) for name, body in DRAWINGS.items()}
print(f"CairoSVG {importlib.metadata.version('cairosvg')}, resvg-py {importlib.metadata.version('resvg-py')}")
print(f"part of the pixels that differ: {off}")
holds = off["gradient"] == off["group opacity"] == 0 and all(part > 0.1 for part in list(off.values())[2:])
print("they are drawn differently" if holds else "some are drawn alike now")
sys.exit(0 if holds else 1)
PYTHON
