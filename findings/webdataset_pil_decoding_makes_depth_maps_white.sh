#!/usr/bin/env bash
# The decoding "pil" of WebDataset makes depth maps white and label maps coloured.
#
# Guess before running: decode("pil") gives a 16-bit depth map and a label map with a palette as Pillow opens them
# (guess 120; it was doubted).
# Found (webdataset 1.0.2, Pillow 11.3.0): every picture is made RGB. Of a 16-bit map all values above 255 become 255,
# so that uniform depths are white at 99 of 100 pixels, and the numbers of a label map become the colours of its
# palette. Nothing is said. Name a function of your own for such files first:
# decode(webdataset.handle_extension("depth.png", function), "pil").
# Source: webdataset/autodecode.py (imagespecs: "pil" is ("pil", None, "rgb")).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'webdataset==1.0.2' 'pillow==11.3.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys
import tempfile

import numpy as np
import PIL
import webdataset
from PIL import Image

rng = np.random.default_rng(0)
depth = rng.integers(0, 65536, (32, 32)).astype(np.uint16)
numbers = rng.integers(0, 4, (32, 32)).astype(np.uint8)
label = Image.new("P", (32, 32))
label.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
label.putdata(numbers.ravel().tolist())


def png(image):
    """The bytes of a PNG file."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


print(f"webdataset {importlib.metadata.version('webdataset')}, Pillow {PIL.__version__}")
files = {"depth.png": png(Image.fromarray(depth)), "label.png": png(label)}
with tempfile.TemporaryDirectory() as folder:
    with webdataset.TarWriter(f"{folder}/shard.tar") as writer:
        writer.write({"__key__": "one", **files})
    (sample,) = webdataset.WebDataset(f"{folder}/shard.tar", shardshuffle=False).decode("pil")
modes = {}
for name, data in files.items():
    opened = Image.open(io.BytesIO(data))
    modes[name] = opened.mode, sample[name].mode
    print(f"{name}: Pillow {opened.mode}, WebDataset {sample[name].mode}")
white = float((np.asarray(sample["depth.png"]) == 255).mean())
colours = len(np.unique(np.asarray(sample["label.png"]).reshape(-1, 3), axis=0))
print(f"depth: {white:.1%} white; label: {colours} colours, values {np.unique(np.asarray(sample['label.png'])).tolist()}")
holds = modes == {"depth.png": ("I;16", "RGB"), "label.png": ("P", "RGB")} and white > 0.95
print("both are RGB" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
