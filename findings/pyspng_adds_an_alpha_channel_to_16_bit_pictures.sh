#!/usr/bin/env bash
# pyspng reads 16-bit PNG files with an alpha channel that is not in the file, and palettes without the one that is.
#
# Guess before running: load of PNG files of 1, 2, 4 and 16 bits, grey with alpha, and palettes with transparency has
# the numbers that Pillow gives, or refuses (guess 248; it was doubted).
# Found (pyspng 0.1.4): a 16-bit depth map comes back as (height, width, 2), 16-bit colour as (height, width, 4); the
# last channel is 65535 everywhere, the others are right. In 8 bits no channel is added. A depth map of two channels is
# easily taken for a flow or for two pictures, and code that tests for four channels to find pictures with alpha finds
# these. Palettes come back as RGB, without their transparency, so that the background of a sprite is opaque, in
# whatever colour it has; grey with alpha is refused as "invalid format". Cut channels off by the header of the file, or
# read such files with another library.
# Source: pyspng/main.cpp (the choice of a format: GA16 and RGBA16 for 16 bits, RGB8 for palettes).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pyspng==0.1.4' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import struct
import sys
import zlib

import numpy as np
import pyspng

print(f"pyspng {importlib.metadata.version('pyspng')}")
rng = np.random.default_rng(0)
height, width = 8, 16


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, colour_type, between=b""):
    bits = samples.dtype.itemsize * 8
    rows = b"".join(b"\0" + row.astype(samples.dtype.newbyteorder(">")).tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = chunk(b"IHDR", header) + between + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def noise(dtype, *channels):
    return rng.integers(0, np.iinfo(dtype).max + 1, (height, width, *channels), dtype=dtype)


read = {}
for name, samples, colour_type in (
    ("grey, 8 bits", noise(np.uint8), 0),
    ("colour, 8 bits", noise(np.uint8, 3), 2),
    ("grey, 16 bits", noise(np.uint16), 0),
    ("colour, 16 bits", noise(np.uint16, 3), 2),
):
    back = pyspng.load(png(samples, colour_type))
    channels = samples.shape[2] if samples.ndim == 3 else 1
    extra = back.reshape(height, width, -1)[..., channels:]
    kept = np.array_equal(back.reshape(height, width, -1)[..., :channels], samples.reshape(height, width, channels))
    read[name] = kept, extra.size > 0 and bool((extra == 65535).all())
    print(f"{name}: {samples.shape} comes back as {back.shape} {back.dtype}, values kept: {kept}, opaque alpha added: {read[name][1]}")
palette = noise(np.uint8, 3)[0]
numbers = rng.integers(0, width, (height, width), dtype=np.uint8)
transparent = chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", bytes([0, 128]))
back = pyspng.load(png(numbers, 3, transparent))
opaque = back.shape == (height, width, 3)
print(f"palette with a transparent colour: {back.shape}")
try:
    print(f"grey with alpha: {pyspng.load(png(noise(np.uint8, 2), 4)).shape}")
except RuntimeError as error:
    print(f"grey with alpha: refused: {error}")
holds = all(kept and added == ("16" in name) for name, (kept, added) in read.items()) and opaque
print("alpha is added and left out" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
