#!/usr/bin/env bash
# A bilinear UpSampling2D of TensorFlow.js gives other pixels than that of Keras, so that a converted generator is
# another one.
#
# Guess before running: upSampling2d, bilinear, of 0 and 1 gives 0, 0.25, 0.75, 1 as Keras does (guess 168; it was
# doubted).
# Found (@tensorflow/tfjs 4.22.0): it gives 0, 0.5, 1, 1: the picture is half a pixel further left and up, and its last
# column is repeated. Every such layer of a network shifts its features again; four of them move a picture by 7.5
# pixels. The layer Resizing, beside it, gives 0, 1/3, 2/3, 1, a third rule, and with "nearest" it takes the first and
# the last of four pixels to make two. Nothing is said. tf.image.resizeBilinear(x, size, false, true) is Keras's rule;
# use it in a layer of your own.
# Source: tfjs-layers/src/layers/convolutional.ts, UpSampling2D (resizeBilinear without halfPixelCenters);
# layers/preprocessing/image_resizing.ts (alignCorners is !cropToAspectRatio).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@tensorflow/tfjs@4.22.0'
cat > "$folder/main.cjs" <<'JAVASCRIPT'
console.warn = () => {}; // it advises a faster backend
const tf = require('@tensorflow/tfjs');

const x = tf.tensor4d([0, 1], [1, 1, 2, 1]);
const numbers = (tensor) => Array.from(tensor.dataSync(), (value) => Math.round(1000 * value) / 1000);
const found = {
  'upSampling2d, bilinear': numbers(tf.layers.upSampling2d({ size: [1, 2], interpolation: 'bilinear', dataFormat: 'channelsLast' }).apply(x)),
  'resizing, bilinear': numbers(tf.layers.resizing({ height: 1, width: 4, interpolation: 'bilinear' }).apply(x)),
  'resizing of 0 1 2 3, nearest': numbers(tf.layers.resizing({ height: 1, width: 2, interpolation: 'nearest' }).apply(tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1]))),
  'resizeBilinear with halfPixelCenters': numbers(tf.image.resizeBilinear(x, [1, 4], false, true)),
};
console.log(`tfjs ${tf.version.tfjs}; Keras and PyTorch make 0, 0.25, 0.75, 1 of 0, 1`);
for (const [name, values] of Object.entries(found)) console.log(`${name}: ${values.join(', ')}`);
const expected = [[0, 0.5, 1, 1], [0, 0.333, 0.667, 1], [0, 3], [0, 0.25, 0.75, 1]];
const holds = JSON.stringify(Object.values(found)) === JSON.stringify(expected);
console.log(holds ? 'pixels lie elsewhere' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
node "$folder/main.cjs"
