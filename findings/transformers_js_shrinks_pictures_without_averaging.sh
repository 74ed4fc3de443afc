#!/usr/bin/env bash
# transformers.js shrinks pictures without averaging, so that a network gets other pixels than in Python.
#
# Guess before running: RawImage.resize, bilinear to a quarter, is within 8 levels of Pillow's, as the Python processors
# use it (guess 167; it was doubted).
# Found (@huggingface/transformers 4.3.1 in Node.js with sharp 0.35, Pillow 13.0.0): fine detail differs by up to 150
# levels. Bilinear and bicubic, what the processors of CLIP, ViT and DINO ask for, look at the two or four pixels next
# to each point, whatever the scale: a texture of single pixels stays noise at a quarter of its size, where Pillow gives
# nearly flat grey. A comment beside it says that it matches Pillow. Features, and similarities and filters of data sets
# made from them, are not those of Python. resample: 'lanczos' averages, and is near Pillow's; or shrink the picture
# before.
# Source: src/utils/image.js, RawImage.resize (sharp's affine with an interpolator); the processors call it in
# image_processors_utils.js.
#
# Needs Node.js 20 or newer with npm, and Python 3.10 or newer with pip. Exit status 0 while this holds, 1 when it does
# not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pillow==13.0.0' 'numpy>=2,<3'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@huggingface/transformers@4.3.1'
cat > "$folder/make.py" <<'PYTHON'
import sys

import numpy as np
from PIL import Image

rng = np.random.default_rng(0)
rows, columns = np.mgrid[:256, :256]
grid = 255 * ((rows + columns) // 2 % 2)
Image.fromarray(np.stack([columns, rng.integers(0, 256, (256, 256)), grid], 2).astype(np.uint8)).save(f"{sys.argv[1]}/in.png")
PYTHON
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { writeFileSync } from 'node:fs';
import { RawImage, env } from '@huggingface/transformers';

const folder = process.argv[2];
console.log(`transformers.js ${env.version}`);
const picture = await RawImage.read(`${folder}/in.png`);
for (const resample of ['bilinear', 'bicubic', 'lanczos']) {
  writeFileSync(`${folder}/${resample}.raw`, (await picture.resize(64, 64, { resample })).data);
}
JAVASCRIPT
cat > "$folder/compare.py" <<'PYTHON'
import sys

import numpy as np
import PIL
from PIL import Image

print(f"Pillow {PIL.__version__}; mean difference at a quarter of the size, in levels")
picture = Image.open(f"{sys.argv[1]}/in.png")
found = {}
for name in ("bilinear", "bicubic", "lanczos"):
    theirs = np.fromfile(f"{sys.argv[1]}/{name}.raw", np.uint8).reshape(64, 64, 3).astype(int)
    ours = np.asarray(picture.resize((64, 64), Image.Resampling[name.upper()])).astype(int)
    found[name] = np.abs(theirs - ours).mean((0, 1))
    ramp, noise, grid = found[name]
    print(f"{name}: ramp {ramp:.1f}, noise {noise:.1f}, grid {grid:.1f}; the greatest is {np.abs(theirs - ours).max()}")
holds = all(found[name][1:].min() > 40 for name in ("bilinear", "bicubic")) and found["lanczos"].max() < 15
print("pictures are shrunk without averaging" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
"$folder/venv/bin/python" "$folder/make.py" "$folder"
node "$folder/main.mjs" "$folder"
"$folder/venv/bin/python" "$folder/compare.py" "$folder"
