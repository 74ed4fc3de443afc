// The regions of a photo, as `segment` finds them: a click selects one, and those beside it that look alike.
import {mapFrom, readPixels} from './reading.js';

const MOST_SAMPLED = 1e6;  // pixels from which the mean colours are taken

/** The regions in a label map (a PNG): {index, means, light}, with the mean colour of each in the photo, and its brightness. */
export async function regionsFrom(blob, image, width, height) {
  const {index} = mapFrom(await readPixels(blob, width, height, true), []);
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(image, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height).data, sums = [];
  const step = Math.max(1, Math.floor(width * height / MOST_SAMPLED));
  for (let i = 0; i < index.length; i += step) {
    const sum = (sums[index[i]] ||= [0, 0, 0, 0]);
    for (let c = 0; c < 3; c++) sum[c] += pixels[4 * i + c];
    sum[3]++;
  }
  const light = new Uint8Array(index.length);
  for (let i = 0, j = 0; i < light.length; i++, j += 4) light[i] = (77 * pixels[j] + 150 * pixels[j + 1] + 29 * pixels[j + 2]) >> 8;
  return {index, light, means: sums.map((sum) => sum && sum.slice(0, 3).map((one) => one / sum[3]))};
}

/** The labels whose mean colour is at most `tolerance` levels (0..255, mean of the channels) off that of `label`. */
export function alike({means}, label, tolerance) {
  const own = means[label];
  return new Set(means.flatMap((mean, i) => i === label || (mean && own && mean.reduce((sum, one, c) => sum + Math.abs(one - own[c]), 0) / 3 <= tolerance) ? [i] : []));
}
