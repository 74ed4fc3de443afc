#!/usr/bin/env bash
# colour-science writes values a little above white as nearly black, and values a little below black as nearly white.
#
# Guess before running: write_image of a float picture with values of -0.02 and 1.02 writes 0 and 255 (guess 392; it
# was doubted).
# Found (colour-science 0.4.7): it writes 251 and 4, and 2.0 becomes 254, as convert_bit_depth takes the numbers
# modulo 256, and so do 16 bits. This is so with the method "Imageio", which is what is left where OpenImageIO is not
# installed; with OpenImageIO, the default, values are limited. Conversions between colour spaces give such values all
# the time. Use numpy.clip before.
# Source: colour/io/image.py (convert_bit_depth: np.around(a * 255).astype(...); write_image_OpenImageIO has np.clip).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  'colour-science==0.4.7' 'imageio==2.38.1' 'OpenImageIO==3.2.2.0' 'numpy>=2,<3'
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import colour
import imageio.v3 as imageio
import numpy as np

print(f"colour-science {colour.__version__}, numpy {np.__version__}")
values = np.array([-0.02, 0.0, 0.5, 1.0, 1.02, 2.0])
picture = np.repeat(np.tile(values, (4, 1))[:, :, None], 3, axis=2)
found = {}
for method in ("Imageio", "OpenImageIO"):
    colour.write_image(picture, "picture.png", bit_depth="uint8", method=method)
    found[method] = imageio.imread("picture.png")[0, :, 0].tolist()
    print(f"{method}: {', '.join(f'{value} as {level}' for value, level in zip(values, found[method], strict=True))}")
wide = colour.io.convert_bit_depth(values, "uint16").tolist()
print(f"convert_bit_depth to uint16: {wide}")
colour.write_image(np.clip(picture, 0, 1), "picture.png", bit_depth="uint8", method="Imageio")
limited = imageio.imread("picture.png")[0, :, 0].tolist()
print(f"with numpy.clip before, Imageio: {limited}")
holds = found["Imageio"] == [251, 0, 128, 255, 4, 254] and wide[0] > 60000 and wide[4] < 2000
holds = holds and [limited[index] for index in (0, 4, 5)] == [0, 255, 255]
holds = holds and [found["OpenImageIO"][index] for index in (0, 4, 5)] == [0, 255, 255]
print("values outside go round" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
