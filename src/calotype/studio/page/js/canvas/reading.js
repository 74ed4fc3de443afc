// Conversion of pictures to masks, label maps, and quantised pictures.

const SAME_SHAPE = 0.02;  // relative tolerance of aspect ratios
const MOST_COLOURS = 64;  // maximum number of colours of a label map
const NEAR = 12;          // tolerance per channel to a palette colour, for lossy formats

/** The pixels of an image file, RGBA, resized; with `flat`, without interpolation. */
export async function readPixels(blob, width, height, flat = false) {
  let image;
  try { image = await createImageBitmap(blob); } catch { throw new Error('This file is not a picture that the browser can read.'); }
  if (Math.abs(image.width * height / (image.height * width) - 1) > SAME_SHAPE) {
    throw new Error(`This picture is ${image.width} × ${image.height} and the photo ${width} × ${height}: give one of the photo's aspect ratio.`);
  }
  return pixelsOf(image, width, height, flat);
}

export function pixelsOf(image, width, height, flat = false) {
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingEnabled = !flat;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** Brightness times opacity of each pixel, 0..255. */
export function maskFrom(pixels) {
  const values = new Uint8Array(pixels.length / 4);
  for (let i = 0, j = 0; i < values.length; i++, j += 4) {
    values[i] = (0.299 * pixels[j] + 0.587 * pixels[j + 1] + 0.114 * pixels[j + 2]) * pixels[j + 3] / 255 + 0.5;
  }
  return values;
}

/** Convert a picture in flat colours to label numbers; colours close to one of `palette` are mapped to it. */
export function mapFrom(pixels, palette = []) {
  const colours = palette.map((colour) => [...colour]), known = new Map();
  const index = new Uint8Array(pixels.length / 4), counts = new Map();
  for (let j = 0; j < pixels.length; j += 4) {
    const key = (pixels[j] << 16) | (pixels[j + 1] << 8) | pixels[j + 2];
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  if (counts.size > 1 << 16) throw new Error('This picture has too many colours: a label map needs a few flat colours.');
  for (const [key] of [...counts].sort((a, b) => b[1] - a[1])) {
    const colour = [key >> 16, (key >> 8) & 255, key & 255];
    let near = colours.findIndex((one) => one.every((value, i) => Math.abs(value - colour[i]) <= NEAR));
    if (near < 0) near = colours.push(colour) - 1;
    if (colours.length > MOST_COLOURS) throw new Error('This picture has too many colours: a label map needs a few flat colours.');
    known.set(key, near);
  }
  for (let i = 0, j = 0; i < index.length; i++, j += 4) index[i] = known.get((pixels[j] << 16) | (pixels[j + 1] << 8) | pixels[j + 2]);
  return {index, palette: colours};
}

/** Quantise a picture: k-means on a small copy, then the nearest colour of each pixel. */
export function levelsOf(image, width, height, count) {
  const small = Math.min(1, 96 / Math.max(width, height));
  const sample = pixelsOf(image, Math.max(1, Math.round(width * small)), Math.max(1, Math.round(height * small)));
  let palette = [[sample[0], sample[1], sample[2]]];
  while (palette.length < count) {  // farthest-point initialisation, deterministic
    let best = -1, far = -1;
    for (let j = 0; j < sample.length; j += 4) {
      const away = Math.min(...palette.map((colour) => apart(colour, sample, j)));
      if (away > far) { far = away; best = j; }
    }
    if (far < 60) break;
    palette.push([sample[best], sample[best + 1], sample[best + 2]]);
  }
  for (let round = 0; round < 8; round++) {
    const sums = palette.map(() => [0, 0, 0, 0]);
    for (let j = 0; j < sample.length; j += 4) {
      const sum = sums[nearest(palette, sample, j)];
      sum[0] += sample[j]; sum[1] += sample[j + 1]; sum[2] += sample[j + 2]; sum[3]++;
    }
    palette = palette.map((colour, i) => sums[i][3] ? sums[i].slice(0, 3).map((value) => Math.round(value / sums[i][3])) : colour);
  }
  // Smoothed first, for contiguous areas.
  const side = Math.min(1, 160 / Math.max(width, height));
  const smooth = new OffscreenCanvas(Math.max(1, Math.round(width * side)), Math.max(1, Math.round(height * side)));
  const context = smooth.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, smooth.width, smooth.height);
  const pixels = pixelsOf(smooth, width, height), index = new Uint8Array(width * height), memory = new Map();
  for (let i = 0, j = 0; i < index.length; i++, j += 4) {
    const key = (pixels[j] >> 2 << 12) | (pixels[j + 1] >> 2 << 6) | pixels[j + 2] >> 2;
    let found = memory.get(key);
    if (found === undefined) memory.set(key, found = nearest(palette, pixels, j));
    index[i] = found;
  }
  return {palette, index};
}

function apart(colour, pixels, j) {
  return (colour[0] - pixels[j]) ** 2 + (colour[1] - pixels[j + 1]) ** 2 + (colour[2] - pixels[j + 2]) ** 2;
}

function nearest(palette, pixels, j) {
  let best = 0, least = Infinity;
  for (let i = 0; i < palette.length; i++) {
    const away = apart(palette[i], pixels, j);
    if (away < least) { least = away; best = i; }
  }
  return best;
}
