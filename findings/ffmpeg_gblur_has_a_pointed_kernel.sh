#!/usr/bin/env bash
# FFmpeg's filter gblur is not near a Gaussian unless it is told to take several steps.
#
# Guess before running: gblur with sigma 2 of noise is within 2 levels of a Gaussian filter on the mean, away from the
# border (guess 406; it was doubted).
# Found (FFmpeg 8.1 of PyAV 18.1.0): 5.5 levels, and the noise that is left is a third stronger, 13.2 in the place of
# 9.8. A white line becomes a peak of 85 with the slopes of an exponential, where a Gaussian has a peak of 51. By
# default it runs one recursive pass to and fro ("steps", an approximation, is 1). With steps=3 the error is 1.9, with
# 6 (the most) 1.1. Pairs of sharp and blurred pictures for deblurring, and soft versions for a pyramid, made by it have
# another kernel than sigma says. Give steps=6, or blur in NumPy.
# Source: libavfilter/vf_gblur.c (option steps, default 1).
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'av==18.1.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import av
import numpy as np

print(f"PyAV {av.__version__}, libavfilter {av.library_versions['libavfilter']}")


def gaussian(picture, sigma):
    kernel = np.exp(-0.5 * (np.arange(-12, 13) / sigma) ** 2)
    for axis in (0, 1):
        picture = np.apply_along_axis(np.convolve, axis, picture, kernel / kernel.sum(), "same")
    return picture


def gblur(picture, options):
    height, width = picture.shape
    graph = av.filter.Graph()
    source = graph.add("buffer", f"video_size={width}x{height}:pix_fmt=gray:time_base=1/25:pixel_aspect=1/1")
    blur, sink = graph.add("gblur", options), graph.add("buffersink")
    source.link_to(blur)
    blur.link_to(sink)
    graph.configure()
    frame = av.VideoFrame.from_ndarray(picture, "gray")
    frame.pts = 0
    source.push(frame)
    return sink.pull().to_ndarray()


noise = np.random.default_rng(0).integers(0, 256, (96, 128)).astype(np.uint8)
inside = np.s_[16:-16, 16:-16]
right = gaussian(noise.astype(float), 2)[inside]
print(f"Gaussian of sigma 2: noise of {right.std():.1f} is left")
errors = {}
for options in ("sigma=2", "sigma=2:steps=3", "sigma=2:steps=6"):
    made = gblur(noise, options)[inside]
    errors[options] = np.abs(made - right).mean()
    print(f"{options}: {made.std():.1f} is left, {errors[options]:.1f} levels off on the mean")
line = np.zeros((65, 65), np.uint8)
line[:, 32] = 255
peak, wanted = gblur(line, "sigma=2")[32], gaussian(line.astype(float), 2)[32]
print(f"a white line: {peak[26:39].tolist()}")
print(f"by a Gaussian: {wanted[26:39].round().astype(int).tolist()}")
holds = errors["sigma=2"] > 4 and errors["sigma=2:steps=6"] < 1.6 and peak[32] > 1.4 * wanted[32]
print("its kernel is pointed" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
