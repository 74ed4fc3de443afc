#!/usr/bin/env bash
# texture2ddecoder shows the transparent pixels of BC1 textures as opaque black ones.
#
# Guess before running: blocks of BC1, BC3, BC4, BC5 and BC7 are decoded to the same pixels by Pillow, imagecodecs and
# texture2ddecoder, to 2 levels, transparent ones of BC1 too (guess 362; it was doubted).
# Found (texture2ddecoder 1.0.6, Pillow 13.0.0, imagecodecs 2026.3.6): right for BC4, BC5 and BC7, and for BC1 and BC3
# in Pillow and imagecodecs. A cut-out that Pillow saves as DXT1 comes back from decode_bc1 with alpha 255 everywhere,
# and black round its shape. (In random blocks of BC3 whose first colour is not the larger one, it also mixes three
# colours and black, where BC3 always has four; in a BC3 file of Pillow's this made no difference.) Use Pillow or
# imagecodecs.bcn_decode.
# Source: the BC1 decoder of texture2ddecoder (alpha of 255 for all colours); Pillow, src/libImaging/BcnDecode.c.
#
# Needs Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'texture2ddecoder==1.0.6' 'pillow==13.0.0' 'imagecodecs==2026.3.6' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import imagecodecs
import numpy as np
import texture2ddecoder
from PIL import Image

names = ("texture2ddecoder", "pillow", "imagecodecs")
print(*(f"{name} {importlib.metadata.version(name)}" for name in names), sep=", ")
y, x = np.mgrid[:64, :64]
rgba = np.random.default_rng(0).integers(0, 256, (64, 64, 4)).astype(np.uint8)
rgba[..., 3] = np.where((y - 32) ** 2 + (x - 32) ** 2 < 400, 255, 0)  # a disc


def decode(kind, number, decoder):
    """The picture by Pillow, imagecodecs and texture2ddecoder."""
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "DDS", pixel_format=kind)
    data = file.getvalue()[128:]  # after the header
    pixels = np.frombuffer(decoder(data, 64, 64), np.uint8).reshape(64, 64, 4)[..., [2, 1, 0, 3]]
    by_codec = imagecodecs.bcn_decode(data, number, shape=(64, 64, 4))
    return [array.astype(int) for array in (np.asarray(Image.open(file).convert("RGBA")), by_codec, pixels)]


pillow, codec, other = decode("DXT1", 1, texture2ddecoder.decode_bc1)
outside = pillow[..., 3] == 0
black = bool((other[outside] == [0, 0, 0, 255]).all())
inside = int(np.abs(other - pillow)[~outside].max())
print(f"BC1: transparent by Pillow {outside.mean():.2f}, by imagecodecs {(codec[..., 3] == 0).mean():.2f}, ", end="")
print(f"by texture2ddecoder {(other[..., 3] == 0).mean():.2f}; there it has {other[outside][0]}")
soft, _, third = decode("DXT5", 3, texture2ddecoder.decode_bc3)
print(f"largest difference in the disc {inside}, in BC3 {np.abs(soft - third).max()}")
same = np.abs(codec - pillow).max() <= 2 and inside <= 2 and np.abs(soft - third).max() <= 2
holds = outside.mean() > 0.6 and black and same
print("transparent pixels are black" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
