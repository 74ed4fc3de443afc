#!/usr/bin/env bash
# MoviePy drops the last picture of a sequence for some numbers of pictures.
#
# Guess before running: ImageSequenceClip of n pictures at 24 or 30 per second plays each once, in order, for n from 1
# to 60 (guess 121; it was doubted).
# Found (moviepy 2.2.1): at 24 per second 19 of the 60 lengths lose their last picture, at 30 per second 14, at 25 four:
# 6 pictures at 30 per second give 5. That is with Python 3.11; Python 3.12 rounds sums less, and loses it for 9, 1 and
# 2 lengths, as 31 at 30 per second. The length in seconds is a sum of rounded fractions, and its product with the rate
# is cut to a whole number. Nothing is said. Compare the number of pictures that come out, or make the film with another
# library.
# Source: moviepy/video/io/ImageSequenceClip.py (duration = sum(durations)); moviepy/Clip.py (iter_frames:
# int(self.duration * fps)).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'moviepy==2.2.1' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from moviepy import ImageSequenceClip

print(f"moviepy {importlib.metadata.version('moviepy')}, NumPy {np.__version__}")
short = {}
for rate in (24, 25, 30):
    short[rate] = []
    for number in range(1, 61):
        pictures = [np.full((2, 2, 3), value, np.uint8) for value in range(number)]
        played = [int(picture[0, 0, 0]) for picture in ImageSequenceClip(pictures, fps=rate).iter_frames()]
        if played != list(range(number)):
            short[rate].append((number, played == list(range(number - 1))))
    print(f"{rate} per second: the lengths {[number for number, _ in short[rate]]} are not played whole")
holds = all(short.values()) and all(last for found in short.values() for _, last in found)
print("in each of them the last picture alone is missing" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
