// A zoomable view of a picture, with layers in picture coordinates.
import {h} from '../dom.js';

const MOST_ZOOM = 32;      // screen pixels per picture pixel
const PIXELS = 8;          // zoom from which pixels are shown as squares
const ROOM = 0.94;         // fraction of the frame that a fitted picture fills
const MOST_DENSITY = 2;    // device pixels per CSS pixel, limited for speed

/**
 * Three stacked canvases: the picture, a layer, and marks (cursors, handles).
 *
 * Picture coordinates are in picture pixels (fractional), screen coordinates in device pixels of the canvases.
 * Clients set `tool`, an object with down(point), move(point), up(point), hover(point) and cancel(), each point
 * {x, y, pressure, screen}, and the functions `drawLayer(context, view)` and `drawMarks(context, view)`.
 */
export class View {
  constructor(frame) {
    this.frame = frame;
    this.canvases = ['picture', 'layer', 'marks'].map((name) => h('canvas', {class: name, 'aria-hidden': 'true'}));
    frame.append(...this.canvases);
    [this.picture, this.layer, this.marks] = this.canvases.map((canvas) => canvas.getContext('2d'));
    this.width = this.height = 1;
    this.outer = null;  // area to fit into the frame if larger than the picture: {left, top, right, bottom}
    this.levels = [];
    this.scale = 1; this.x = 0; this.y = 0;
    this.tool = null;
    this.drawLayer = () => {};
    this.drawMarks = () => {};
    this.touches = new Map();
    this.fitted = true;
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(frame);
    this.listen();
    this.resize();
  }

  close() {
    cancelAnimationFrame(this.waiting);
    this.closed = true;
    this.watcher.disconnect();
    this.levels.forEach((level) => level.bitmap.close?.());
    this.levels = [];
    this.canvases.forEach((canvas) => { canvas.width = canvas.height = 0; canvas.remove(); });
  }

  /** Show a picture: a loaded image or a canvas. */
  async show(image, width, height) {
    this.width = width; this.height = height;
    const levels = [{scale: 1, bitmap: await createImageBitmap(image)}];
    // Mipmaps, as large pictures are mostly drawn at reduced size.
    while (width * height * levels.at(-1).scale ** 2 > 1.2e6) {
      const scale = levels.at(-1).scale / 2;
      const size = {resizeWidth: Math.max(1, Math.round(width * scale)), resizeHeight: Math.max(1, Math.round(height * scale)), resizeQuality: 'medium'};
      levels.push({scale, bitmap: await createImageBitmap(levels.at(-1).bitmap, size)});
    }
    this.levels.forEach((level) => level.bitmap.close?.());
    this.levels = levels;
    if (this.closed) this.close();
    else this.fit();
  }

  resize() {
    const density = Math.min(MOST_DENSITY, devicePixelRatio || 1);
    const {clientWidth, clientHeight} = this.frame;
    if (!clientWidth || !clientHeight) return;
    this.density = density;
    for (const canvas of this.canvases) {
      canvas.width = Math.round(clientWidth * density);
      canvas.height = Math.round(clientHeight * density);
    }
    if (this.fitted) this.fit(); else this.redraw();
  }

  get box() { return this.outer || {left: 0, top: 0, right: this.width, bottom: this.height}; }

  fit() {
    const {width, height} = this.marks.canvas, box = this.box;
    const wide = box.right - box.left, high = box.bottom - box.top;
    this.scale = Math.min(width * ROOM / wide, height * ROOM / high);
    this.x = (width - wide * this.scale) / 2 - box.left * this.scale;
    this.y = (height - high * this.scale) / 2 - box.top * this.scale;
    this.fitted = true;
    this.redraw();
  }

  /** Zoom around a screen position; default: the centre. */
  zoom(factor, place = {x: this.marks.canvas.width / 2, y: this.marks.canvas.height / 2}) {
    const least = Math.min(1, this.marks.canvas.width / this.width, this.marks.canvas.height / this.height) / 4;
    const scale = Math.max(least, Math.min(MOST_ZOOM * this.density, this.scale * factor));
    const real = scale / this.scale;
    this.x = place.x - (place.x - this.x) * real;
    this.y = place.y - (place.y - this.y) * real;
    this.scale = scale;
    this.fitted = false;
    this.redraw();
  }

  move(dx, dy) {
    this.x += dx; this.y += dy;
    this.fitted = false;
    this.redraw();
  }

  toPicture(x, y) { return {x: (x - this.x) / this.scale, y: (y - this.y) / this.scale}; }
  toScreen(x, y) { return {x: x * this.scale + this.x, y: y * this.scale + this.y}; }

  /** Redraw everything in the next animation frame. */
  redraw() {
    if (this.waiting || this.closed) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.drawPicture();
      this.drawLayer(this.layer, this);
      this.redrawMarks();
    });
  }

  redrawMarks() {
    const {canvas} = this.marks;
    this.marks.setTransform(1, 0, 0, 1, 0, 0);
    this.marks.clearRect(0, 0, canvas.width, canvas.height);
    this.drawMarks(this.marks, this);
  }

  drawPicture() {
    const {picture} = this;
    picture.setTransform(1, 0, 0, 1, 0, 0);
    picture.clearRect(0, 0, picture.canvas.width, picture.canvas.height);
    if (!this.levels.length) return;
    const level = this.levels.findLast((one) => one.scale >= this.scale) || this.levels[0];
    picture.imageSmoothingEnabled = this.scale < PIXELS * this.density;
    picture.imageSmoothingQuality = 'medium';
    picture.drawImage(level.bitmap, this.x, this.y, this.width * this.scale, this.height * this.scale);
  }

  // ---------------------------------------------------------------------------------------------------------------

  listen() {
    const {canvas} = this.marks;
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.moved(event));
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, (event) => this.up(event));
    canvas.addEventListener('pointerleave', () => { this.tool?.leave?.(); });
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      if (event.ctrlKey || !event.shiftKey) this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.place(event));
      else this.move(-event.deltaY * this.density, 0);
    }, {passive: false});
  }

  place(event) {
    const box = this.marks.canvas.getBoundingClientRect();
    return {x: (event.clientX - box.left) * this.density, y: (event.clientY - box.top) * this.density};
  }

  point(event) {
    const screen = this.place(event);
    return {...this.toPicture(screen.x, screen.y), screen, shift: event.shiftKey, touch: event.pointerType === 'touch'};
  }

  down(event) {
    this.marks.canvas.setPointerCapture(event.pointerId);
    this.touches.set(event.pointerId, this.place(event));
    if (this.touches.size === 2) {
      this.tool?.cancel?.();
      this.pinching = true;
      return;
    }
    if (event.button === 1 || this.panning) { event.preventDefault(); this.dragging = true; return; }
    if (event.button === 0 && !this.pinching) this.tool?.down?.(this.point(event));
  }

  moved(event) {
    const before = this.touches.get(event.pointerId), now = this.place(event);
    if (!before) { this.tool?.hover?.(this.point(event)); return; }
    if (this.pinching && this.touches.size >= 2) { this.pinch(event.pointerId, before, now); return; }
    this.touches.set(event.pointerId, now);
    if (this.dragging) this.move(now.x - before.x, now.y - before.y);
    else if (!this.pinching) {
      // Process all coalesced events, for smooth strokes.
      const all = event.getCoalescedEvents?.() || [];
      for (const one of all.length ? all : [event]) this.tool?.move?.(this.point(one));
    }
  }

  pinch(id, before, now) {
    const other = [...this.touches].find(([key]) => key !== id)[1];
    const span = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
    const middle = {x: (now.x + other.x) / 2, y: (now.y + other.y) / 2};
    this.x += (now.x - before.x) / 2; this.y += (now.y - before.y) / 2;
    this.touches.set(id, now);
    this.zoom(span(now, other) / Math.max(1, span(before, other)), middle);
  }

  up(event) {
    const known = this.touches.delete(event.pointerId);
    if (this.pinching) { if (!this.touches.size) this.pinching = false; return; }
    if (this.dragging) { this.dragging = false; return; }
    if (known) event.type === 'pointerup' ? this.tool?.up?.(this.point(event)) : this.tool?.cancel?.();
  }
}
