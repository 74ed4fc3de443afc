#!/usr/bin/env bash
# The error diffusion of image-q makes dark greys black and light greys white, and that of rgbquant darkens them with
# its serpentine order.
#
# Guess before running: each error diffusion of a flat grey of 100 in black and white has a mean of 100 to 4 levels
# (guess 348; it was doubted).
# Found (image-q 4.0.0, rgbquant 1.1.2): by image-q a grey of 60 becomes black without a single white pixel, one of 220
# white without a black one, and 100 has a mean of 128 by the Floyd-Steinberg kernel and of 84 by Stucki's. It passes on
# the error of the pixel of the picture, not that of the pixel with the errors that it has received; those are lost,
# and small errors never add up to a dot. Give true as fifth argument (calculateErrorLikeGIMP) of ErrorDiffusionArray,
# or take "riemersma"; applyPalette has no such choice. rgbquant keeps the mean of most kernels, but with dithSerp it
# leaves out one neighbour in every second row, the next pixel, so that 60 has a mean of 42: leave dithSerp off.
# Source: image-q/src/image/array.ts (originalPoint.r - palettePoint.r); rgbquant/src/rgbquant.js,
# dither (backwards, the loop over the kernel ends before its entry 0).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'image-q@4.0.0' 'rgbquant@1.1.2'
cat > "$folder/main.cjs" <<'JAVASCRIPT'
const { readFileSync } = require('node:fs');
const iq = require('image-q');
const RgbQuant = require('rgbquant');

const size = 64;
const flat = (grey) => Uint8Array.from({ length: 4 * size * size }, (_, index) => (index % 4 === 3 ? 255 : grey));
const mean = (pixels) => pixels.reduce((sum, value, index) => sum + (index % 4 === 0 ? value : 0), 0) / (size * size);
const palette = new iq.utils.Palette();
palette.add(iq.utils.Point.createByRGBA(0, 0, 0, 255));
palette.add(iq.utils.Point.createByRGBA(255, 255, 255, 255));
const container = (grey) => iq.utils.PointContainer.fromUint8Array(flat(grey), size, size);
const byName = (name) => (grey) =>
  mean(iq.applyPaletteSync(container(grey), palette, { imageQuantization: name }).toUint8Array());
const byClass = (grey) => {
  const kernel = iq.image.ErrorDiffusionArrayKernel.FloydSteinberg;
  const diffusion = new iq.image.ErrorDiffusionArray(new iq.distance.Euclidean(), kernel, true, 0, true);
  return mean(diffusion.quantizeSync(container(grey), palette).toUint8Array());
};
class ImageData {
  constructor(data) {
    Object.assign(this, { data, width: size, height: size });
  }
  get [Symbol.toStringTag]() {
    return 'ImageData'; // this is how rgbquant knows it
  }
}
const rgbquant = (serpentine) => (grey) => {
  const quantiser = new RgbQuant({ palette: [[0, 0, 0], [255, 255, 255]] });
  return mean(quantiser.reduce(new ImageData(flat(grey)), 1, 'FloydSteinberg', serpentine));
};

const greys = [60, 100, 160, 220];
const found = {};
const show = (name, dither) => {
  found[name] = greys.map(dither);
  console.log(`${name}: ${found[name].map((value) => value.toFixed(1)).join(', ')}`);
};
const version = (name) => JSON.parse(readFileSync(`${__dirname}/node_modules/${name}/package.json`, 'utf8')).version;
console.log(`image-q ${version('image-q')}, rgbquant ${version('rgbquant')}; means of the greys ${greys.join(', ')}`);
for (const name of ['floyd-steinberg', 'stucki', 'jarvis', 'riemersma']) show(`image-q, ${name}`, byName(name));
show('image-q, Floyd-Steinberg with calculateErrorLikeGIMP', byClass);
show('rgbquant, FloydSteinberg', rgbquant(false));
show('rgbquant, FloydSteinberg, serpentine', rgbquant(true));
const lost = ['image-q, floyd-steinberg', 'image-q, stucki', 'image-q, jarvis'];
const kept = ['image-q, Floyd-Steinberg with calculateErrorLikeGIMP', 'rgbquant, FloydSteinberg'];
const holds =
  lost.every((name) => found[name][0] === 0 && found[name][3] === 255) &&
  kept.every((name) => found[name].every((value, index) => Math.abs(value - greys[index]) < 4)) &&
  found['rgbquant, FloydSteinberg, serpentine'][0] < 50;
console.log(holds ? 'dark greys become black and light ones white' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/main.cjs"
