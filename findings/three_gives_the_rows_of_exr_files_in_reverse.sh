#!/usr/bin/env bash
# three.js gives the rows of an EXR file from below and those of an HDR file from above.
#
# Guess before running: EXRLoader.parse and HDRLoader.parse give the rows of the same picture in the same order (guess
# 203; it was doubted).
# Found (three 0.187.0 in Node.js, files of OpenEXR 3.4.4 and a plain RGBE file): the first row of data is the lowest of
# the EXR file, and the highest of the HDR file. A texture is upright for both, since flipY is set for one and not for
# the other, but code which takes data itself (for a network, a file, the light from the sky)
# sees EXR panoramas upside down. Both also hand back four channels for a picture of three. Look at flipY of the result:
# false means that the rows run upwards.
# Source: examples/jsm/loaders/EXRLoader.js (height - 1 - line, and flipY: false) and HDRLoader.js (flipY: true).
#
# Needs Node.js 20 or newer with npm, and Python 3.10 or newer with pip. Exit status 0 while this holds, 1 when it does
# not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'OpenEXR==3.4.4' 'numpy>=2,<3'
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'three@0.187.0'
cat > "$folder/make.py" <<'PYTHON'
import sys

import numpy as np
import OpenEXR

height, width = 6, 4
picture = np.broadcast_to(2.0 ** -np.arange(height)[:, None, None], (height, width, 3)).astype(np.float32)  # bright above
for name, compression in {"plain": OpenEXR.NO_COMPRESSION, "zip": OpenEXR.ZIP_COMPRESSION}.items():
    header = {"compression": compression, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": np.ascontiguousarray(picture)}).write(f"{sys.argv[1]}/{name}.exr")
texels = np.full((height, width, 4), 128, np.uint8)
texels[..., 3] = (129 - np.arange(height))[:, None]  # the exponent
with open(f"{sys.argv[1]}/plain.hdr", "wb") as file:
    file.write(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (height, width) + texels.tobytes())
PYTHON
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { FloatType, REVISION } from 'three';
import { EXRLoader } from 'three/addons/loaders/EXRLoader.js';
import { HDRLoader } from 'three/addons/loaders/HDRLoader.js';

console.log(`three ${REVISION}; red of each row, in the order of data`);
const first = {};
for (const [name, Loader] of [['plain.exr', EXRLoader], ['zip.exr', EXRLoader], ['plain.hdr', HDRLoader]]) {
  const bytes = new Uint8Array(readFileSync(`${process.argv[2]}/${name}`)).buffer;
  const { data, width, height, flipY } = new Loader().setDataType(FloatType).parse(bytes);
  const rows = Array.from({ length: height }, (_, row) => data[(row * data.length) / height]);
  const shape = `${width} x ${height}, ${data.length / width / height} channels, flipY ${flipY}`;
  console.log(`${name}: ${shape}: ${rows.map((red) => red.toFixed(3)).join(' ')}`);
  first[name] = rows[0];
}
const holds = first['plain.exr'] < 0.04 && first['zip.exr'] < 0.04 && first['plain.hdr'] > 0.9;
console.log(holds ? 'rows of EXR files run upwards, those of HDR files downwards' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
"$folder/venv/bin/python" "$folder/make.py" "$folder"
node "$folder/main.mjs" "$folder"
