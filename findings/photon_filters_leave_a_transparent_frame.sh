#!/usr/bin/env bash
# The filters of Photon with a 3 x 3 kernel leave a frame of transparent black round an opaque picture.
#
# Guess before running: gaussian_blur and each resize of a white picture with half-transparent pixels leaves it white
# (guess 258; that was right, other filters were tried beside it).
# Found (@silvia-odwyer/photon-node 0.3.4): box_blur, sharpen, emboss, noise_reduction and identity, which should change
# nothing, give (0, 0, 0, 0) in the outermost pixels all round, and the rest of an opaque grey picture as it was. Saved
# as JPEG, or read by a program that leaves alpha out, the frame is black. Enlarge the picture by its mirrored edge
# before, and crop it after, or take gaussian_blur, which has no frame.
# Source: crate/src/conv.rs of photon (conv, by filter3x3 of the crate image, which leaves the outermost pixels empty).
#
# Needs Node.js 20 or newer with npm. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts '@silvia-odwyer/photon-node@0.3.4'
cat > "$folder/main.cjs" <<'JAVASCRIPT'
const photon = require('@silvia-odwyer/photon-node');
const [width, height] = [12, 9];
const grey = new Uint8Array(width * height * 4).fill(100).map((value, at) => (at % 4 === 3 ? 255 : value));
console.log(`photon-node ${require('@silvia-odwyer/photon-node/package.json').version}`);
const frame = {};
for (const name of ['identity', 'box_blur', 'sharpen', 'emboss', 'noise_reduction', 'gaussian_blur']) {
  const picture = new photon.PhotonImage(grey.slice(), width, height);
  photon[name](picture, 2);
  const pixels = picture.get_raw_pixels();
  const same = (outside) => {
    let [equal, empty, all] = [0, 0, 0];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const atEdge = row === 0 || column === 0 || row === height - 1 || column === width - 1;
        if (atEdge !== outside) continue;
        const pixel = pixels.slice((row * width + column) * 4, (row * width + column) * 4 + 4);
        all += 1;
        equal += pixel.join() === '100,100,100,255';
        empty += pixel.join() === '0,0,0,0';
      }
    }
    return { equal: equal / all, empty: empty / all };
  };
  frame[name] = { edge: same(true), inside: same(false) };
  const { edge, inside } = frame[name];
  console.log(`${name}: edge unchanged ${edge.equal}, transparent black ${edge.empty}; inside unchanged ${inside.equal}`);
}
const { gaussian_blur: blur, ...others } = frame;
let holds = blur.edge.equal === 1 && blur.inside.equal === 1;
for (const { edge, inside } of Object.values(others)) holds = holds && edge.empty === 1 && inside.equal === 1;
console.log(holds ? 'a transparent frame' : 'not as it was');
process.exit(holds ? 0 : 1);
JAVASCRIPT
cd "$folder"
node main.cjs
