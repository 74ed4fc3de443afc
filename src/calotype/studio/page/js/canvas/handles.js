// Draggable frames: margins, a new size, and a quadrilateral.

const REACH = 18;   // hit radius of a handle, CSS pixels
const RADIUS = 6;   // radius of a handle, CSS pixels

class Handles {
  constructor(view, {width, height, changed}) {
    this.view = view; this.width = width; this.height = height; this.changed = changed;
    this.touched = false;
    this.held = null;
  }

  take() {
    this.view.tool = this;
    this.view.drawLayer = (context) => context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    this.view.drawMarks = (context, view) => this.drawMarks(context, view);
    this.settle();
  }

  get empty() { return !this.touched; }
  toolbar() { return null; }

  nearest(point) {
    const reach = REACH * this.view.density * (point.touch ? 1.6 : 1);
    let best = null, least = reach;
    for (const [name, x, y] of this.grips()) {
      const place = this.view.toScreen(x, y), away = Math.hypot(place.x - point.screen.x, place.y - point.screen.y);
      if (away < least) { least = away; best = name; }
    }
    return best;
  }

  down(point) { this.held = this.nearest(point); this.from = point; this.before = this.copy(); }
  hover(point) { this.view.marks.canvas.style.cursor = this.nearest(point) ? 'grab' : 'default'; }
  leave() { this.view.marks.canvas.style.cursor = ''; }

  move(point) {
    if (!this.held) return;
    this.drag(this.held, point);
    this.touched = true;
    this.view.redrawMarks();
    this.changed(this.value());
  }

  up() { if (this.held) { this.held = null; this.settle(); } }
  cancel() { this.held = null; }
  settle() { this.view.redraw(); }

  key(event) {
    if (!event.key.startsWith('Arrow')) return false;
    const step = event.shiftKey ? 1 : 10;
    this.nudge(step * ((event.key === 'ArrowRight') - (event.key === 'ArrowLeft')), step * ((event.key === 'ArrowDown') - (event.key === 'ArrowUp')));
    this.touched = true;
    this.settle();
    this.changed(this.value());
    return true;
  }

  frame(context, corners, label) {
    const {view} = this, places = corners.map(([x, y]) => view.toScreen(x, y)), {canvas} = context;
    context.fillStyle = 'rgba(127,120,112,.28)';
    context.beginPath();
    context.rect(0, 0, canvas.width, canvas.height);
    places.forEach((place, i) => context[i ? 'lineTo' : 'moveTo'](place.x, place.y));
    context.closePath();
    context.fill('evenodd');
    for (const [width, colour] of [[3.5 * view.density, 'rgba(0,0,0,.45)'], [1.6 * view.density, '#fff']]) {
      context.lineWidth = width; context.strokeStyle = colour;
      context.beginPath();
      places.forEach((place, i) => context[i ? 'lineTo' : 'moveTo'](place.x, place.y));
      context.closePath();
      context.stroke();
    }
    for (const [, x, y] of this.grips()) {
      const place = view.toScreen(x, y);
      context.beginPath();
      context.arc(place.x, place.y, RADIUS * view.density, 0, 7);
      context.fillStyle = '#fff'; context.fill();
      context.lineWidth = 1.5 * view.density; context.strokeStyle = 'rgba(0,0,0,.6)'; context.stroke();
    }
    if (label) {
      const size = 13 * view.density, x = (places[0].x + places[2].x) / 2, y = Math.max(...places.map((place) => place.y)) - size;
      context.font = `600 ${size}px system-ui, sans-serif`;
      context.textAlign = 'center';
      const wide = context.measureText(label).width + size;
      context.fillStyle = 'rgba(0,0,0,.62)';
      context.beginPath(); context.roundRect(x - wide / 2, y - size * 1.1, wide, size * 1.6, size / 2); context.fill();
      context.fillStyle = '#fff'; context.fillText(label, x, y);
    }
  }
}

/** Margins around the photo: {left, right, top, bottom} in pixels. */
export class Margins extends Handles {
  constructor(view, options) {
    super(view, options);
    this.margins = {left: 0, right: 0, top: 0, bottom: 0};
  }

  set(margins) { Object.assign(this.margins, margins); if (this.view.tool === this) this.settle(); }
  copy() { return {...this.margins}; }
  value() { return {...this.margins}; }

  settle() {
    const {left, right, top, bottom} = this.margins, room = 0.25 * Math.max(this.width, this.height);
    this.view.outer = {left: -Math.max(left * 1.15, room), top: -Math.max(top * 1.15, room), right: this.width + Math.max(right * 1.15, room), bottom: this.height + Math.max(bottom * 1.15, room)};
    this.view.fit();
  }

  edges() {
    const {left, right, top, bottom} = this.margins;
    return {x0: -left, y0: -top, x1: this.width + right, y1: this.height + bottom};
  }

  grips() {
    const {x0, y0, x1, y1} = this.edges(), x = (x0 + x1) / 2, y = (y0 + y1) / 2;
    return [['left', x0, y], ['right', x1, y], ['top', x, y0], ['bottom', x, y1], ['top left', x0, y0], ['top right', x1, y0], ['bottom left', x0, y1], ['bottom right', x1, y1]];
  }

  drag(held, point) {
    const whole = (value) => Math.max(0, Math.round(value)), {margins} = this;
    if (held.includes('left')) margins.left = whole(-point.x);
    if (held.includes('right')) margins.right = whole(point.x - this.width);
    if (held.includes('top')) margins.top = whole(-point.y);
    if (held.includes('bottom')) margins.bottom = whole(point.y - this.height);
  }

  nudge(dx, dy) {
    this.margins.right = Math.max(0, this.margins.right + dx);
    this.margins.bottom = Math.max(0, this.margins.bottom + dy);
  }

  drawMarks(context) {
    const {x0, y0, x1, y1} = this.edges();
    this.frame(context, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], `${x1 - x0} × ${y1 - y0}`);
  }
}

/** A new size: {width, height} in pixels. */
export class Frame extends Handles {
  constructor(view, options) {
    super(view, options);
    this.size = {width: this.width, height: this.height};
  }

  set(size) { Object.assign(this.size, size); this.touched = true; if (this.view.tool === this) this.settle(); }
  copy() { return {...this.size}; }
  value() { return {...this.size}; }

  settle() {
    const {width, height} = this.size;
    this.view.outer = {left: -0.08 * this.width, top: -0.08 * this.height, right: Math.max(this.width * 1.35, width * 1.15), bottom: Math.max(this.height * 1.3, height * 1.15)};
    this.view.fit();
  }

  grips() {
    const {width, height} = this.size;
    return [['right', width, height / 2], ['bottom', width / 2, height], ['right bottom', width, height]];
  }

  drag(held, point) {
    if (held.includes('right')) this.size.width = Math.max(16, Math.round(point.x));
    if (held.includes('bottom')) this.size.height = Math.max(16, Math.round(point.y));
  }

  nudge(dx, dy) {
    this.size.width = Math.max(16, this.size.width + dx);
    this.size.height = Math.max(16, this.size.height + dy);
  }

  drawMarks(context) {
    const {width, height} = this.size;
    this.frame(context, [[0, 0], [width, 0], [width, height], [0, height]], `${width} × ${height}`);
  }
}

/** A quadrilateral, as fractions of width and height: [[x, y], ...] clockwise from the upper left. */
export class Quad extends Handles {
  constructor(view, options) {
    super(view, options);
    this.corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  }

  set(corners) { this.corners = corners.map((corner) => [...corner]); this.touched = true; if (this.view.tool === this) this.view.redraw(); }
  copy() { return this.corners.map((corner) => [...corner]); }
  value() { return this.corners.map((corner) => [...corner]); }
  settle() { this.view.outer = null; this.view.fit(); }
  grips() { return this.corners.map(([x, y], i) => [String(i), x * this.width, y * this.height]); }

  drag(held, point) {
    const before = this.corners[held];
    const share = (value) => Math.round(1000 * Math.max(0, Math.min(1, value))) / 1000;
    this.corners[held] = [share(point.x / this.width), share(point.y / this.height)];
    // Keep the shape convex.
    if (!isConvex(this.corners)) this.corners[held] = before;
  }

  nudge(dx) {
    const [x, y] = this.corners[0];
    this.corners[0] = [Math.max(0, Math.min(0.9, x + dx / this.width)), y];
    this.corners[1] = [1 - this.corners[0][0], this.corners[1][1]];
  }

  drawMarks(context) {
    this.frame(context, this.corners.map(([x, y]) => [x * this.width, y * this.height]), '');
  }
}

function isConvex(corners) {
  for (let i = 0; i < 4; i++) {
    const [[ax, ay], [bx, by], [cx, cy]] = [0, 1, 2].map((k) => corners[(i + k) % 4]);
    if (!((bx - ax) * (cy - by) - (by - ay) * (cx - bx) > 1e-3)) return false;
  }
  return true;
}
