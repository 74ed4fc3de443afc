#!/usr/bin/env bash
# geotiff.js writes a map of signed numbers as their low bytes, one after another, and zeros after them.
#
# Guess before running: writeArrayBuffer of uint8, uint16, int16 and float32 maps is read by tifffile with their
# numbers and types (guess 398; it was doubted).
# Found (geotiff 3.0.5, tifffile 2026.3.3): Int16Array and Int32Array become files that say INT and 16 or 32 bits, but
# the first half (or quarter) of the pixels is made of the low bytes of all numbers and the rest is 0; Int8Array is
# right. geotiff.js itself reads the same wrong numbers. Unsigned numbers and floats are right. Nothing is said.
# Height maps and differences are signed. Write them as Float32Array.
# Source: geotiff, src/geotiffwriter.js (the table typeMap and the branches of encodeImage know no signed types).
#
# Needs Node.js 20 or newer with npm, Python 3.11 or newer and pip. Exit status 0 while this holds, 1 when it does not
# any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'geotiff@3.0.5'
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'tifffile==2026.3.3' 'numpy>=2,<3'
cd "$folder"
cat > main.mjs <<'JAVASCRIPT'
import { readFileSync, writeFileSync } from 'node:fs';
import { fromArrayBuffer, writeArrayBuffer } from 'geotiff';

console.log(`geotiff ${JSON.parse(readFileSync('node_modules/geotiff/package.json', 'utf8')).version}`);
const types = { Uint8Array, Uint16Array, Uint32Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array };
for (const [name, type] of Object.entries(types)) {
  const scale = name.includes('8') ? 0.5 : 100;
  const middle = name.startsWith('Uint') ? 0 : 120;
  const map = type.from({ length: 240 }, (_, index) => scale * (index - middle)); // 12 rows of 20
  const file = await writeArrayBuffer(map, { height: 12, width: 20 });
  writeFileSync(`${name}.tif`, Buffer.from(file));
  writeFileSync(`${name}.bin`, Buffer.from(map.buffer));
  const [read] = await (await (await fromArrayBuffer(file)).getImage()).readRasters();
  const off = map.reduce((most, value, index) => Math.max(most, Math.abs(value - read[index])), 0);
  console.log(`${name}: off by up to ${off} when geotiff reads it`);
}
JAVASCRIPT
node main.mjs
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import tifffile

print(f"tifffile {tifffile.__version__}")
holds = True
for name in ("uint8", "uint16", "uint32", "float32", "float64", "int8", "int16", "int32"):
    path = f"{name.capitalize()}Array"
    given = np.fromfile(f"{path}.bin", name).reshape(12, 20)
    read = tifffile.imread(f"{path}.tif")
    off = np.abs(read.astype(float) - given).max()
    print(f"{name}: read as {read.dtype}, off by up to {off:g}")
    if name in ("int16", "int32"):
        data = read.astype(read.dtype.newbyteorder(">")).tobytes()
        low = data[:240] == (given & 255).astype(np.uint8).tobytes() and not any(data[240:])
        print(f"{name}: low bytes and zeros: {low}")
        holds = holds and off > 1000 and low and read.dtype == name
    else:
        holds = holds and off == 0
print("signed numbers are lost" if holds else "not as it was")
sys.exit(0 if holds else 1)
PYTHON
