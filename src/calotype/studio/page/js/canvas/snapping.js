// Moves the border of a selection to the strongest edge nearby: a watershed of the gradient (Meyer 1994) in a band around it.
import {widened} from './raster.js';

/**
 * A selection with its border at the strongest edges that are at most `reach` pixels away.
 *
 * `inside` holds 1 for each selected pixel, `light` the brightness of each pixel, 0..255; both have width times height
 * values. A selection that is narrower than twice the reach stays as it is.
 */
export function snapped(inside, light, width, height, reach) {
  const box = around(inside, width, height, reach + 1);
  if (!box) return inside;
  const wide = box.right - box.left, high = box.bottom - box.top, count = wide * high;
  const marks = markers(inside, box, width, reach);
  if (!marks.includes(INSIDE)) return inside;
  const heights = gradient(light, box, width, height);
  flood(marks, heights, wide, high);
  const result = inside.slice();
  for (let i = 0; i < count; i++) result[(box.top + Math.floor(i / wide)) * width + box.left + i % wide] = marks[i] === INSIDE ? 1 : 0;
  return result;
}

const INSIDE = 1, OUTSIDE = 2;

/** The box of the selection with a margin; null if nothing is selected. */
function around(inside, width, height, margin) {
  let left = width, top = height, right = 0, bottom = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!inside[i]) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return right ? {left: Math.max(0, left - margin), top: Math.max(0, top - margin), right: Math.min(width, right + margin), bottom: Math.min(height, bottom + margin)} : null;
}

/** What is inside and outside for certain; 0 in the band between, which is as wide as twice the reach. */
function markers(inside, {left, top, right, bottom}, width, reach) {
  const wide = right - left, high = bottom - top, own = new Uint8Array(wide * high), none = new Uint8Array(wide * high), marks = new Uint8Array(wide * high);
  for (let y = 0; y < high; y++) for (let x = 0; x < wide; x++) own[y * wide + x] = inside[(top + y) * width + left + x];
  for (let i = 0; i < own.length; i++) none[i] = own[i] ? 0 : 1;
  const spread = (values) => {
    const other = new Uint8Array(values.length), result = new Uint8Array(values.length);
    widened(values, other, wide, high, 1, wide, reach);
    widened(other, result, high, wide, wide, 1, reach);
    return result;
  };
  const near = spread(own), away = spread(none);
  for (let i = 0; i < marks.length; i++) marks[i] = !near[i] ? OUTSIDE : !away[i] ? INSIDE : 0;
  return marks;
}

/** The strength of the edge at each pixel of the box, 0..255. */
function gradient(light, {left, top, right, bottom}, width, height) {
  const wide = right - left, result = new Uint8Array(wide * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const above = Math.max(0, y - 1) * width, below = Math.min(height - 1, y + 1) * width;
    for (let x = left; x < right; x++) {
      const across = light[y * width + Math.min(width - 1, x + 1)] - light[y * width + Math.max(0, x - 1)];
      result[(y - top) * wide + x - left] = Math.min(255, Math.hypot(across, light[below + x] - light[above + x]));
    }
  }
  return result;
}

/** Flood from the marked pixels, those at weak edges first, until all are marked. */
function flood(marks, heights, wide, high) {
  const waiting = Array.from({length: 256}, () => []), queued = new Uint8Array(marks.length);
  const push = (from, level) => {
    const x = from % wide, y = (from - x) / wide;
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const to = from + dx + dy * wide;
      if (x + dx < 0 || x + dx >= wide || y + dy < 0 || y + dy >= high || marks[to] || queued[to]) continue;
      queued[to] = marks[from];
      waiting[Math.max(level, heights[to])].push(to);
    }
  };
  for (let i = 0; i < marks.length; i++) if (marks[i]) push(i, 0);
  for (let level = 0; level < 256; level++) {
    // Pixels that are pushed meanwhile have this level or a higher one; first come, first served.
    for (let next = 0; next < waiting[level].length; next++) {
      const place = waiting[level][next];
      marks[place] = queued[place];
      push(place, level);
    }
    waiting[level] = [];
  }
}
