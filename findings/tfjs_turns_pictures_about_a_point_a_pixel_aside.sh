#!/usr/bin/env bash
# image.rotateWithOffset of TensorFlow.js turns a picture about a point half a pixel below and to the right of its
# centre.
#
# Guess before running: rotateWithOffset by a half turn and by a quarter turn of a square picture moves every pixel by
# that turn and loses none (guess 447; it was doubted).
# Found (@tensorflow/tfjs 4.22.0): a half turn moves the picture by one pixel down and to the right, and the first row
# and the first column are filled; a quarter turn loses one row. Turned four times by a quarter, or twice by a half, a
# picture is not the one that it was. A turn by 0 is exact. Its documentation gives 0.5 as the default centre, the
# centre of the picture, and half of the number of pixels is taken for the index of a pixel. Labels and points that
# are turned about the real centre do not fit the picture. Give a centre of [(width - 1) / (2 * width), (height - 1) /
# (2 * height)].
# Source: tfjs-core/src/ops/image/rotate_with_offset.ts and the kernel RotateWithOffset of the backends
# (getImageCenter: the width times the centre).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@tensorflow/tfjs@4.22.0'
cat > "$folder/main.cjs" <<'JAVASCRIPT'
console.warn = () => {}; // it advises a faster backend
const tf = require('@tensorflow/tfjs');

const size = 8;
const picture = tf.range(1, size * size + 1).reshape([1, size, size, 1]);
const rows = (tensor) => tensor.reshape([size, size]).round().arraySync();
const turned = (angle, times, center = 0.5) => {
  let result = picture;
  for (let i = 0; i < times; i += 1) result = tf.image.rotateWithOffset(result, angle, 0, center);
  return rows(result);
};
const same = (a, b) => a.flat().filter((value, index) => value === b.flat()[index]).length;
const original = rows(picture);
const half = original.map((row) => [...row].reverse()).reverse();
const moved = half.map((row, y) => row.map((_, x) => (x && y ? half[y - 1][x - 1] : 0)));
const centre = (size - 1) / (2 * size);
const found = {
  'a turn by 0, against the picture': same(turned(0, 1), original),
  'a half turn, against the half turn': same(turned(Math.PI, 1), half),
  'a half turn, against the half turn a pixel down and to the right': same(turned(Math.PI, 1), moved),
  'two half turns, against the picture': same(turned(Math.PI, 2), original),
  'a quarter turn, pixels that are lost': size * size - new Set(turned(Math.PI / 2, 1).flat().filter((v) => v)).size,
  'a half turn about a corrected centre': same(turned(Math.PI, 1, [centre, centre]), half),
};
console.log(`tfjs ${tf.version.tfjs}; a picture of ${size} x ${size} different pixels, equal ones of ${size * size}`);
for (const [name, value] of Object.entries(found)) console.log(`${name}: ${value}`);
const [none, one, aside, two, lost, corrected] = Object.values(found);
const all = size * size;
const holds = none === all && one === 0 && aside === all && two < all && lost === size && corrected === all;
console.log(holds ? 'the picture moves by a pixel' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/main.cjs"
