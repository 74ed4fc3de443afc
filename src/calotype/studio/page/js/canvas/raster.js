// A raster of bytes at the picture's full size: a mask (0..255) or a map of label numbers.
// Strokes are drawn into the raster instead of a canvas, for exact edges and a cost in proportion to their area.

const TILE = 256;
const MOST_HISTORY = 96 << 20;  // maximum memory of the undo history, bytes

export class Raster {
  /** @param {(box: {left, top, right, bottom}) => void} dirty is called with each changed box */
  constructor(width, height, dirty = () => {}) {
    this.width = width; this.height = height; this.dirty = dirty;
    this.data = new Uint8Array(width * height);
    this.past = []; this.future = [];
    this.stroke = null;
  }

  // ------------------------------------------------------------------------------------------------------ history

  /** Start an undoable stroke. */
  begin() { this.stroke = new Map(); }

  end() {
    const stroke = this.stroke;
    this.stroke = null;
    if (!stroke?.size) return;
    this.past.push(new Map([...stroke].map(([key, tile]) => [key, packed(tile)])));
    this.future = [];
    let held = 0;
    for (let i = this.past.length - 1; i >= 0; i--) {
      for (const tile of this.past[i].values()) held += tile.byteLength;
      if (held > MOST_HISTORY) { this.past.splice(0, i); break; }
    }
  }

  /** Undo the drawing since begin(). */
  cancel() {
    if (!this.stroke) return;
    this.swap(this.stroke, (tile) => tile);
    this.stroke = null;
  }

  undo() { this.turn(this.past, this.future); }
  redo() { this.turn(this.future, this.past); }

  turn(from, to) {
    const step = from.pop();
    if (step) to.push(this.swap(step, unpacked));
  }

  swap(step, read) {
    const back = new Map();
    const box = {left: this.width, top: this.height, right: 0, bottom: 0};
    for (const [key, tile] of step) {
      back.set(key, packed(this.tile(key)));
      const {left, top, right, bottom} = this.edges(key), values = read(tile), wide = right - left;
      for (let y = top; y < bottom; y++) this.data.set(values.subarray((y - top) * wide, (y - top + 1) * wide), y * this.width + left);
      box.left = Math.min(box.left, left); box.top = Math.min(box.top, top);
      box.right = Math.max(box.right, right); box.bottom = Math.max(box.bottom, bottom);
    }
    this.dirty(box);
    return back;
  }

  edges(key) {
    const across = Math.ceil(this.width / TILE), left = key % across * TILE, top = Math.floor(key / across) * TILE;
    return {left, top, right: Math.min(this.width, left + TILE), bottom: Math.min(this.height, top + TILE)};
  }

  tile(key) {
    const {left, top, right, bottom} = this.edges(key), wide = right - left;
    const values = new Uint8Array(wide * (bottom - top));
    for (let y = top; y < bottom; y++) values.set(this.data.subarray(y * this.width + left, y * this.width + right), (y - top) * wide);
    return values;
  }

  /** Save the tiles of a box for undo before drawing; returns the clipped box, or null if it is empty. */
  touch(left, top, right, bottom) {
    left = Math.max(0, Math.floor(left)); top = Math.max(0, Math.floor(top));
    right = Math.min(this.width, Math.ceil(right)); bottom = Math.min(this.height, Math.ceil(bottom));
    if (left >= right || top >= bottom) return null;
    if (this.stroke) {
      const across = Math.ceil(this.width / TILE);
      for (let row = Math.floor(top / TILE); row * TILE < bottom; row++) {
        for (let column = Math.floor(left / TILE); column * TILE < right; column++) {
          const key = row * across + column;
          if (!this.stroke.has(key)) this.stroke.set(key, this.tile(key));
        }
      }
    }
    return {left, top, right, bottom};
  }

  // ------------------------------------------------------------------------------------------------------- drawing

  /** Draw a line with round ends: all pixels within `radius` of the segment between two points. */
  line(ax, ay, bx, by, radius, value) {
    const box = this.touch(Math.min(ax, bx) - radius, Math.min(ay, by) - radius, Math.max(ax, bx) + radius + 1, Math.max(ay, by) + radius + 1);
    if (!box) return;
    const dx = bx - ax, dy = by - ay, length = Math.hypot(dx, dy), square = radius * radius;
    for (let y = box.top; y < box.bottom; y++) {
      const middle = y + 0.5;
      let low = Infinity, high = -Infinity;
      for (const [px, py] of [[ax, ay], [bx, by]]) {  // the discs at both ends
        const rest = square - (middle - py) ** 2;
        if (rest >= 0) { const half = Math.sqrt(rest); low = Math.min(low, px - half); high = Math.max(high, px + half); }
      }
      if (length > 0) {  // the band between them: |cross product| <= radius * length, 0 <= dot product <= length^2
        let from = -Infinity, to = Infinity;
        const cut = (slope, least, most) => {
          if (Math.abs(slope) < 1e-9) { if (least > 0 || most < 0) { from = Infinity; to = -Infinity; } return; }
          const one = least / slope, other = most / slope;
          from = Math.max(from, Math.min(one, other)); to = Math.min(to, Math.max(one, other));
        };
        const v = middle - ay;
        cut(dy, dx * v - radius * length, dx * v + radius * length);
        cut(dx, -dy * v, length * length - dy * v);
        if (from <= to) { low = Math.min(low, ax + from); high = Math.max(high, ax + to); }
      }
      const left = Math.max(box.left, Math.ceil(low - 0.5)), right = Math.min(box.right, Math.floor(high - 0.5) + 1);
      if (left < right) this.data.fill(value, y * this.width + left, y * this.width + right);
    }
    this.dirty(box);
  }

  rectangle(ax, ay, bx, by, value) {
    const box = this.touch(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by));
    if (!box) return;
    for (let y = box.top; y < box.bottom; y++) this.data.fill(value, y * this.width + box.left, y * this.width + box.right);
    this.dirty(box);
  }

  /** Fill a polygon, [[x, y], ...], by the even-odd rule. */
  polygon(points, value) {
    const xs = points.map((point) => point[0]), ys = points.map((point) => point[1]);
    const box = this.touch(Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1);
    if (!box) return;
    for (let y = box.top; y < box.bottom; y++) {
      const middle = y + 0.5, cuts = [];
      for (let i = 0; i < points.length; i++) {
        const [ax, ay] = points[i], [bx, by] = points[(i + 1) % points.length];
        if ((ay <= middle) !== (by <= middle)) cuts.push(ax + (middle - ay) / (by - ay) * (bx - ax));
      }
      cuts.sort((a, b) => a - b);
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        const left = Math.max(box.left, Math.round(cuts[i])), right = Math.min(box.right, Math.round(cuts[i + 1]));
        if (left < right) this.data.fill(value, y * this.width + left, y * this.width + right);
      }
    }
    this.dirty(box);
  }

  /** Flood fill from a point. */
  fill(x, y, value) {
    x = Math.floor(x); y = Math.floor(y);
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const {data, width, height} = this, old = data[y * width + x];
    if (old === value) return;
    this.touch(0, 0, width, height);
    const stack = [y * width + x];
    while (stack.length) {
      const place = stack.pop(), row = Math.floor(place / width) * width;
      if (data[place] !== old) continue;
      let left = place, right = place + 1;
      while (left > row && data[left - 1] === old) left--;
      while (right < row + width && data[right] === old) right++;
      data.fill(value, left, right);
      for (const next of [row - width, row + width]) {
        if (next < 0 || next >= width * height) continue;
        let inside = false;
        for (let i = next + left - row; i < next + right - row; i++) {
          if (data[i] === old) { if (!inside) stack.push(i); inside = true; } else inside = false;
        }
      }
    }
    this.dirty({left: 0, top: 0, right: width, bottom: height});
  }

  /** Set the selected pixels of `inside`, an array of the raster's size. */
  put(inside, value) {
    this.touch(0, 0, this.width, this.height);
    for (let i = 0; i < inside.length; i++) if (inside[i]) this.data[i] = value;
    this.dirty({left: 0, top: 0, right: this.width, bottom: this.height});
  }

  /** Grow a mask by `reach` pixels, or shrink it if that is negative; its edge becomes hard. */
  spread(reach) {
    const {width, height} = this, other = new Uint8Array(width * height), by = Math.abs(reach), inner = reach > 0 ? 255 : 0;
    this.all((data) => {
      for (let i = 0; i < data.length; i++) data[i] = (data[i] > 127) === (reach > 0) ? 255 : 0;
      widened(data, other, width, height, 1, width, by);
      widened(other, data, height, width, width, 1, by);
      for (let i = 0; i < data.length; i++) data[i] = data[i] ? inner : 255 - inner;
    });
  }

  all(change) {
    this.touch(0, 0, this.width, this.height);
    change(this.data);
    this.dirty({left: 0, top: 0, right: this.width, bottom: this.height});
  }

  clear(value = 0) { this.all((data) => data.fill(value)); }
  invert() { this.all((data) => { for (let i = 0; i < data.length; i++) data[i] = 255 - data[i]; }); }

  /** Blur with about `radius` pixels: three box blurs approximate a Gaussian. */
  soften(radius) {
    const {width, height} = this, reach = Math.max(1, Math.round(radius / 2));
    this.all((data) => {
      const other = new Uint8Array(data.length);
      for (let pass = 0; pass < 3; pass++) {
        averaged(data, other, width, height, 1, width, reach);
        averaged(other, data, height, width, width, 1, reach);
      }
    });
  }

  /** About which share of the pixels is not 0, by every seventh. */
  share() {
    let found = 0, seen = 0;
    for (let i = 0; i < this.data.length; i += 7) { seen++; if (this.data[i]) found++; }
    return found / seen;
  }

  any() { return this.data.some((value) => value !== 0); }
}

/** Box blur of `lines` lines at offsets `next`, of `length` values at offsets `step`. */
function averaged(from, to, length, lines, step, next, reach) {
  const count = 2 * reach + 1;
  for (let line = 0; line < lines; line++) {
    const start = line * next, at = (i) => from[start + Math.max(0, Math.min(length - 1, i)) * step];
    let sum = 0;
    for (let i = -reach; i <= reach; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      to[start + i * step] = (sum / count + 0.5) | 0;
      sum += at(i + reach + 1) - at(i - reach);
    }
  }
}

/** Whether any value within `reach` is not 0, of `lines` lines at offsets `next`, of `length` values at offsets `step`. */
export function widened(from, to, length, lines, step, next, reach) {
  for (let line = 0; line < lines; line++) {
    const start = line * next;
    let count = 0;
    for (let i = 0; i < Math.min(reach, length); i++) count += from[start + i * step] > 0;
    for (let i = 0; i < length; i++) {
      if (i + reach < length) count += from[start + (i + reach) * step] > 0;
      to[start + i * step] = count ? 255 : 0;
      if (i - reach >= 0) count -= from[start + (i - reach) * step] > 0;
    }
  }
}

/** 1 in the connected area around a pixel whose labels in `index`, width times height numbers, are in `labels`. */
export function connected(index, width, height, x, y, labels) {
  const inside = new Uint8Array(256), seen = new Uint8Array(width * height), stack = [y * width + x];
  for (const label of labels) inside[label] = 1;
  while (stack.length) {
    const place = stack.pop(), row = Math.floor(place / width) * width;
    if (seen[place] || !inside[index[place]]) continue;
    let left = place, right = place + 1;
    while (left > row && inside[index[left - 1]] && !seen[left - 1]) left--;
    while (right < row + width && inside[index[right]] && !seen[right]) right++;
    seen.fill(1, left, right);
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= width * height) continue;
      for (let i = next + left - row; i < next + right - row; i++) if (inside[index[i]] && !seen[i] && (i === next + left - row || !inside[index[i - 1]] || seen[i - 1])) stack.push(i);
    }
  }
  return seen;
}

/** Run-length encoding: [count - 1 (two bytes), value], ...; tiles of masks and maps have few runs. */
export function packed(values) {
  const runs = new Uint8Array(values.length * 3);
  let end = 0;
  for (let i = 0; i < values.length;) {
    let j = i + 1;
    while (j < values.length && values[j] === values[i] && j - i < 65536) j++;
    const count = j - i - 1;
    runs[end++] = count & 255; runs[end++] = count >> 8; runs[end++] = values[i];
    i = j;
  }
  return end < values.length ? runs.slice(0, end) : {byteLength: values.length, plain: values.slice()};
}

export function unpacked(runs) {
  if (runs.plain) return runs.plain;
  let count = 0;
  for (let i = 0; i < runs.length; i += 3) count += runs[i] + (runs[i + 1] << 8) + 1;
  const values = new Uint8Array(count);
  for (let i = 0, at = 0; i < runs.length; i += 3) {
    const next = at + runs[i] + (runs[i + 1] << 8) + 1;
    values.fill(runs[i + 2], at, next);
    at = next;
  }
  return values;
}

/** Draw the visible part of a raster, or a box of it, with a colour (ABGR, see below) for each value. */
export function drawRaster(raster, colours, context, view, box = null) {
  const {canvas} = context;
  let left = 0, top = 0, right = canvas.width, bottom = canvas.height;
  if (box) {
    const one = view.toScreen(box.left, box.top), other = view.toScreen(box.right, box.bottom);
    left = Math.max(0, Math.floor(one.x) - 1); top = Math.max(0, Math.floor(one.y) - 1);
    right = Math.min(canvas.width, Math.ceil(other.x) + 1); bottom = Math.min(canvas.height, Math.ceil(other.y) + 1);
  }
  if (left >= right || top >= bottom) return;
  const wide = right - left, high = bottom - top;
  const image = context.createImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
  const columns = new Int32Array(wide);
  for (let i = 0; i < wide; i++) {
    const x = Math.floor((left + i + 0.5 - view.x) / view.scale);
    columns[i] = x >= 0 && x < raster.width ? x : -1;
  }
  for (let j = 0; j < high; j++) {
    const y = Math.floor((top + j + 0.5 - view.y) / view.scale);
    if (y < 0 || y >= raster.height) continue;
    const row = y * raster.width, out = j * wide;
    for (let i = 0; i < wide; i++) if (columns[i] >= 0) pixels[out + i] = colours[raster.data[row + columns[i]]];
  }
  context.putImageData(image, left, top);
}

/** A colour in memory order, for `drawRaster`. */
export function abgr([red, green, blue], alpha = 255) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
