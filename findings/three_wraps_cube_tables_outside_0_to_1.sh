#!/usr/bin/env bash
# The cube files that three loads become black where they are a little above 1, and white where they are below 0.
#
# Guess before running: LUTCubeLoader of a table with values of -0.02, 0.5 and 1.02 has 0, 127 or 128, and 255 (guess
# 437; it was doubted).
# Found (three 0.187.0): it has 251, 127 and 4. By default the table becomes 8 bits without a limit, so that a number
# of 1.004 is black already, and 0.999 is 254, as fractions are cut off. Values outside 0 to 1 are usual in the .cube
# files of grading programs, at the brightest and the most saturated colours. Highlights get black or coloured spots,
# and nothing is said. With setType(FloatType) the numbers are those of the file. Set it, or limit the table before.
# Source: examples/jsm/loaders/LUTCubeLoader.js (a Uint8Array is given 255 times the number).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'three@0.187.0'
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { FloatType, REVISION } from 'three';
import { LUTCubeLoader } from 'three/addons/loaders/LUTCubeLoader.js';

const entry = (value, float) => {
  const loader = new LUTCubeLoader();
  if (float) loader.setType(FloatType);
  const line = `${value.toFixed(4)} ${value.toFixed(4)} ${value.toFixed(4)}`;
  return loader.parse(`LUT_3D_SIZE 2\n${Array(8).fill(line).join('\n')}\n`).texture3D.image.data[0];
};
const values = [-0.02, 0, 0.5, 0.999, 1, 1.004, 1.02];
console.log(`three ${REVISION}`);
for (const value of values) console.log(`${value} in the file: ${entry(value)} of 255; as floats ${entry(value, true).toFixed(4)}`);
const expected = [251, 0, 127, 254, 255, 0, 4];
const holds =
  JSON.stringify(values.map((value) => entry(value))) === JSON.stringify(expected) &&
  values.every((value) => Math.abs(entry(value, true) - value) < 1e-4);
console.log(holds ? 'values outside 0 to 1 wrap round' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/main.mjs"
