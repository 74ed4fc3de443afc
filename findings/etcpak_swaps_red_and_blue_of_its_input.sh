#!/usr/bin/env bash
# etcpak swaps red and blue in the bytes that it compresses as ETC, so that what is compressed next is blue.
#
# Guess before running: the same bytes of a red picture are red as BC1 and as ETC1 (guess 122; it was doubted).
# Found (etcpak 0.9.15, texture2ddecoder 1.0.6): compress_etc1_rgb, compress_etc2_rgb, compress_etc2_rgba and the EAC
# functions exchange the first and third channel of the bytes object that they are given, in place, although Python's
# bytes never change, and do not put them back. Of two results of one object, the second is blue, whatever its format.
# BC1, BC3, BC4 and BC5 leave it alone. The first result is red, too: RGBA is what the ETC functions take, where the
# description of the package asks for BGRA. Give each call bytes of its own, as array.tobytes() makes them.
# Source: the ETC and EAC functions of the extension module of etcpak; README, "all ETC compressions require data in the
# BGRA format".
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'etcpak==0.9.15' 'texture2ddecoder==1.0.6' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import sys

import etcpak
import numpy as np
import texture2ddecoder

print(f"etcpak {importlib.metadata.version('etcpak')}, texture2ddecoder {importlib.metadata.version('texture2ddecoder')}")
red = np.full((16, 16, 4), (250, 0, 0, 255), np.uint8)


def colour(compress, decode, data):
    """The colour of the compressed picture."""
    values = np.frombuffer(decode(compress(data, 16, 16), 16, 16), np.uint8).reshape(16, 16, 4)  # blue, green, red, alpha
    return "red" if values[0, 0, 2] > 200 > values[0, 0, 0] else "blue" if values[0, 0, 0] > 200 else "else"


formats = {
    "BC1": (etcpak.compress_bc1, texture2ddecoder.decode_bc1),
    "ETC1": (etcpak.compress_etc1_rgb, texture2ddecoder.decode_etc1),
    "ETC2": (etcpak.compress_etc2_rgb, texture2ddecoder.decode_etc2),
    "ETC2 with alpha": (etcpak.compress_etc2_rgba, texture2ddecoder.decode_etc2a8),
}
found = {}
for name, (compress, decode) in formats.items():
    data = red.tobytes()
    first = colour(compress, decode, data)
    kept = data == red.tobytes()
    second = colour(*formats["BC1"], data)
    found[name] = first, kept, second
    print(f"{name}: {first}; the bytes are {'as they were' if kept else 'changed'}; BC1 of them then is {second}")
holds = found.pop("BC1") == ("red", True, "red") and set(found.values()) == {("red", False, "blue")}
print("the bytes are swapped" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
