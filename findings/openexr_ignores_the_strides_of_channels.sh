#!/usr/bin/env bash
# The Python package OpenEXR writes other numbers when a channel is a view into an array, as red of a colour picture
# is.
#
# Guess before running: File.write of channels that are views into an array has the pixels of the views (guess 383; it
# was doubted).
# Found (OpenEXR 3.5.3): {"R": picture[:, :, 0], "G": picture[:, :, 1], "B": picture[:, :, 2]} is a file of mixed
# colours, as the memory from the first number of each view on is written, without its strides. A transposed channel
# and every second pixel are wrong in the same way, and {"RGB": picture} is right only for a picture whose rows and
# pixels follow one another in memory. Nothing is said, and the file can be read by every program. Give
# numpy.ascontiguousarray of each channel.
# Source: src/wrappers/python/PyOpenEXR.cpp of OpenEXR; by what it does.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'OpenEXR==3.5.3' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import OpenEXR

header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
picture = np.random.default_rng(0).random((24, 32, 3)).astype(np.float32)


def trip(channels):
    wanted = {name: np.array(values) for name, values in channels.items()}
    with OpenEXR.File(dict(header), dict(channels)) as file:
        file.write("picture.exr")
    with OpenEXR.File("picture.exr", separate_channels=True) as file:
        read = {name: np.array(channel.pixels) for name, channel in file.channels().items()}
    if "RGB" in wanted:
        wanted = {name: wanted["RGB"][:, :, index] for index, name in enumerate("RGB")}
    return max(float(np.abs(read[name] - values).max()) for name, values in wanted.items())


print(f"OpenEXR {OpenEXR.__version__}, numpy {np.__version__}")
views = {name: picture[:, :, index] for index, name in enumerate("RGB")}
off = {
    "R, G and B as views": trip(views),
    "R, G and B as copies": trip({name: np.ascontiguousarray(view) for name, view in views.items()}),
    "RGB": trip({"RGB": picture}),
    "RGB, every second pixel": trip({"RGB": picture[::2, ::2]}),
    "RGB, every second pixel, as a copy": trip({"RGB": np.ascontiguousarray(picture[::2, ::2])}),
    "a transposed channel": trip({"Y": np.ascontiguousarray(picture[:, :, 0]).T}),
}
for name, value in off.items():
    print(f"{name}: off by up to {value:.3f}")
right = ("R, G and B as copies", "RGB", "RGB, every second pixel, as a copy")
holds = all((value == 0) if name in right else (value > 0.5) for name, value in off.items())
print("views are written falsely" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
