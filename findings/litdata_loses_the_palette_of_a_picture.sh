#!/usr/bin/env bash
# A picture with a palette comes out of a LitData shard without its palette: black.
#
# Guess before running: a label map with a palette (mode P) comes back from a shard with its palette (guess 119; it was
# doubted).
# Found (litdata 0.2.76, Pillow 13.0.0): width, height, mode and the numbers of the pixels are kept, and the palette is
# not. The numbers of a label map are right, but a drawing of four colours, made RGB, is black, and so is every PNG or
# GIF file with few colours that is put into a shard as a picture of Pillow. Nothing is said. Convert to RGB before,
# unless the numbers are what counts.
# Source: litdata/streaming/serializers.py (PILSerializer writes tobytes(), and reads by Image.frombytes).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litdata==0.2.76' 'torch==2.13.0' 'pillow==13.0.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import tempfile

import litdata
import numpy as np
import PIL
from litdata import StreamingDataset
from litdata.streaming.writer import BinaryWriter
from PIL import Image

picture = Image.new("P", (16, 16))
picture.putpalette([255, 255, 255, 200, 0, 0, 0, 200, 0, 0, 0, 200])
picture.putdata(np.random.default_rng(0).integers(0, 4, 256).tolist())
with tempfile.TemporaryDirectory() as folder:
    writer = BinaryWriter(folder, chunk_size=2)
    writer[0] = {"palette": picture, "colour": picture.convert("RGB")}
    writer.done()
    writer.merge()
    sample = StreamingDataset(folder)[0]
    back, colour = sample["palette"], sample["colour"]
    numbers = np.array_equal(np.asarray(back), np.asarray(picture))
    given, got, converted = (len(np.unique(np.asarray(x.convert("RGB")).reshape(-1, 3), axis=0)) for x in (picture, back, colour))
    brightest = int(np.asarray(back.convert("RGB")).max())
print(f"litdata {litdata.__version__}, Pillow {PIL.__version__}")
print(f"mode {picture.mode}, then {back.mode}; numbers of the pixels {'kept' if numbers else 'changed'}")
print(f"colours: {given}, then {got}, the brightest value {brightest}; converted to RGB before: {converted}")
holds = back.mode == "P" and numbers and brightest == 0 and given == converted == 4
print("the palette is lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
