#!/usr/bin/env bash
# sharp turns a 16-bit depth map into an 8-bit picture in colour, whatever it is asked to do with it.
#
# Guess before running: a 16-bit depth map that is enlarged by "nearest" keeps its values (guess 166; it was doubted).
# Found (sharp 0.35.5): a grey PNG in 16 bits comes out in 8 bits and three channels, its values divided by 256: of 3072
# depths 181 are left. Cropping does it, raw() for use in a program, too, also where 16 bits are asked for by raw({
# depth: 'ushort' }), and so does copying a PNG file to a PNG file. The documentation of png() says that its output has
# 8 bits by default; a program that only crops, or asks for numbers, hears nothing of it. toColourspace('grey16') keeps
# the values, 'rgb16' those of colour.
# Source: sharp, src/pipeline.cc (the picture is converted to the colour space of the output, sRGB in 8 bits by
# default).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts 'sharp@0.35.5'
cat > "$folder/main.cjs" <<'JAVASCRIPT'
const sharp = require('sharp');

const width = 64, height = 48;

async function values(png) {
  const { data, info } = await sharp(png).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const all = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return new Set(all.filter((_, i) => i % info.channels === 0)).size;
}

async function main() {
  console.log(`sharp ${sharp.versions.sharp}`);
  const depth = Uint16Array.from({ length: width * height }, (_, i) => 1000 + 15 * i);
  const map = await sharp(depth, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toBuffer();
  const ways = {
    'the map': map,
    'copied': await sharp(map).png().toBuffer(),
    'cropped to its size': await sharp(map).extract({ left: 0, top: 0, width, height }).png().toBuffer(),
    'enlarged by nearest': await sharp(map).resize(2 * width, 2 * height, { kernel: 'nearest' }).png().toBuffer(),
    "enlarged, with 'grey16'": await sharp(map).resize(2 * width, 2 * height, { kernel: 'nearest' }).toColourspace('grey16').png().toBuffer(),
  };
  const found = [];
  for (const [name, png] of Object.entries(ways)) {
    const { depth: type, channels } = await sharp(png).metadata();
    found.push([type, channels, await values(png)]);
    console.log(`${name}: ${type}, channels: ${channels}, different values: ${found.at(-1)[2]}`);
  }
  const raw = await sharp(map).raw({ depth: 'ushort' }).toBuffer();
  const first = new Uint16Array(raw.buffer, raw.byteOffset, 1)[0];
  console.log(`raw in 16 bits: the first depth is ${first}, in the map it is ${depth[0]}`);
  const kept = found.map(([type, channels, count]) => type === 'ushort' && channels === 1 && count === depth.length);
  const lost = found.slice(1, 4).every(([type, channels, count]) => type === 'uchar' && channels === 3 && count < 256);
  const holds = kept[0] && kept[4] && lost && first < 256;
  console.log(holds ? 'depths are cut to 8 bits' : 'not as it was');
  process.exit(holds ? 0 : 1);
}

main();
JAVASCRIPT
node "$folder/main.cjs"
