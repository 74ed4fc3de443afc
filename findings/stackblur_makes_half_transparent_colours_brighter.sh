#!/usr/bin/env bash
# The blur of stackblur-canvas makes a flat, half-transparent colour up to four times as bright.
#
# Guess before running: the blur of a flat, half-transparent picture of (100, 60, 20, 128) leaves it as it is, to 2
# levels (guess 405; it was doubted).
# Found (stackblur-canvas 3.0.1 in Node.js): it becomes (255, 239, 80, 128), and at an alpha of 64 white. Opaque
# pictures stay as they are. Each of the two passes, along rows and along columns, divides colours by alpha as if they
# had been multiplied by it, but the pixels of an ImageData have not been. Soft shadows, glows and cut-outs get the
# wrong colours wherever alpha is between 0 and 255. The filter Blur of konva 10.9.1, which is of the same kind, leaves
# a flat picture as it is. Multiply colours by the square of alpha / 255 beforehand, or blur colours times alpha and
# alpha as opaque pictures, and divide afterwards.
# Source: dist/stackblur.js (processImageDataRGBA: 255 divided by alpha, times the sum of a colour, in both passes).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'stackblur-canvas@3.0.1' 'konva@10.9.1'
cat > "$folder/main.mjs" <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
for (const name of ['stackblur-canvas', 'konva']) {
  const about = new URL(`node_modules/${name}/package.json`, import.meta.url);
  console.log(`${name} ${JSON.parse(readFileSync(about)).version}`);
}
const { imageDataRGBA } = require('stackblur-canvas');
const { Blur } = await import('konva/lib/filters/Blur.js');
const size = 32;
// What a browser calls ImageData.
globalThis.ImageData ??= class {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};
function blurred(colour, blur) {
  const data = new Uint8ClampedArray(size * size * 4);
  for (let at = 0; at < data.length; at += 4) data.set(colour, at);
  const picture = new ImageData(data, size, size);
  blur(picture);
  const middle = 4 * (size * size / 2 + size / 2);
  return [...picture.data.slice(middle, middle + 4)];
}
const apart = (a, b) => Math.max(...a.map((value, channel) => Math.abs(value - b[channel])));
let holds = true;
for (const colour of [[100, 60, 20, 255], [100, 60, 20, 128], [100, 60, 20, 64]]) {
  const square = colour.map((value, channel) => (channel < 3 ? value * (colour[3] / 255) ** 2 : value));
  const seen = blurred(colour, picture => imageDataRGBA(picture, 0, 0, size, size, 4));
  const helped = blurred(square, picture => imageDataRGBA(picture, 0, 0, size, size, 4));
  const other = blurred(colour, picture => Blur.call({ blurRadius: () => 4 }, picture));
  console.log(`${colour}: stackblur ${seen}, with colours times alpha twice ${helped}, konva ${other}`);
  const changed = apart(seen, colour) > 50;
  holds &&= changed === colour[3] < 255 && seen[3] === colour[3] && apart(other, colour) <= 2;
}
console.log(holds ? 'half-transparent colours become brighter' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/main.mjs"
