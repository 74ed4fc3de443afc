#!/usr/bin/env bash
# Textures of 16 bits that srctools writes come back from it with red and blue exchanged.
#
# Guess before running: a picture with soft alpha goes through VTF as RGBA8888, RGB888, RGB565, BGRA4444, BGRA5551,
# IA88, I8, A8, DXT1 and DXT5 to the precision of each, and its mipmaps keep the mean to one level (guess 457; it was
# doubted).
# Found (srctools 2.7.0): RGB565 and BGR565, written and read by the same library, give blue for red and red for blue;
# the others have the right order. Reading and writing take the two ends of the 16 bits in different order. Beside it,
# DXT1 writes black where alpha is below 128, although the format has no alpha, and a reader sees opaque black there;
# RGB888 keeps the colours of such pixels. Mipmaps lose a third of a level of brightness at each step, as means are
# cut to whole numbers. Set alpha to 255 before DXT1, and exchange the channels before RGB565, or take RGB888.
# Source: srctools/_py_vtf_readwrite.py and its compiled form (decomp565 takes red from the low bits, compress565 puts
# it into the high ones).
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'srctools==2.7.0' 'numpy>=2,<3'
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata
import io
import sys

import numpy as np
from srctools.vtf import VTF, ImageFormats

print(f"srctools {importlib.metadata.version('srctools')}")
steps = np.linspace(0, 1, 64)[:, None]
picture = np.zeros((64, 64, 4), np.uint8)
picture[..., 0], picture[..., 1], picture[..., 2] = 255 * steps, 90, 200 * steps.T
picture[..., 3] = 255


def through(name, pixels):
    texture = VTF(64, 64, fmt=ImageFormats[name])
    texture.get().copy_from(pixels.tobytes())
    texture.compute_mipmaps()
    file = io.BytesIO()
    texture.save(file)
    frame = VTF.read(io.BytesIO(file.getvalue())).get()
    frame.load()
    made = [[tuple(frame[x, y])[:3] for x in range(64)] for y in range(64)]
    return np.array(made, float)


colours = picture[..., :3].astype(float)
found = {}
for name in ("RGBA8888", "RGB888", "BGRA4444", "BGRA5551", "DXT1", "DXT5", "RGB565", "BGR565"):
    made = through(name, picture)
    found[name] = np.abs(made - colours).mean(), np.abs(made[..., ::-1] - colours).mean()
    print(f"{name}: {found[name][0]:.1f} levels off on the mean, with red and blue exchanged {found[name][1]:.1f}")
soft = picture.copy()
soft[:, :32, 3] = 100
dark = {name: through(name, soft)[:, :32].mean() for name in ("RGB888", "DXT1")}
print(f"pixels of alpha 100: mean {colours[:, :32].mean():.0f}, as RGB888 {dark['RGB888']:.0f}, as DXT1 {dark['DXT1']:.0f}")
exchanged = {name for name, (plain, turned) in found.items() if turned < 5 < plain}
holds = (
    exchanged == {"RGB565", "BGR565"}
    and all(plain < 9 for name, (plain, _) in found.items() if name not in exchanged)
    and dark["DXT1"] == 0
    and dark["RGB888"] > 50
)
print("red and blue are exchanged" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
