// Objects pasted on a photo: pictures with transparency, or parts of the photo; move, rotate and scale them.
import {url} from '../api.js';
import {h, iconButton, toast} from '../dom.js';
import {choosePicture} from '../photo.js';

const GRIP = 9;        // size of a handle, CSS pixels
const AWAY = 26;       // distance of the rotation handle above an object, CSS pixels

/** The pasted objects and the tool that moves them. `changed` is called after each change. */
export class Paste {
  constructor(view, image, {width, height, changed = () => {}}) {
    this.view = view; this.image = image; this.width = width; this.height = height; this.changed = changed;
    this.things = [];
    this.selected = null;
    this.mode = 'move';
    this.past = []; this.future = [];
    this.touched = false;
  }

  take() {
    this.view.tool = this;
    this.view.drawLayer = (context, view) => this.draw(context, view);
    this.view.drawMarks = (context, view) => this.drawMarks(context, view);
    this.view.redraw();
  }

  get empty() { return !this.things.length; }

  // ------------------------------------------------------------------------------------------------------- objects

  /** Paste a picture in the centre, at most half as large as the photo. */
  async add(blob) {
    const bitmap = await createImageBitmap(blob).catch(() => { throw new Error('This file is not a picture that the browser can read.'); });
    const scale = Math.min(1, 0.5 * Math.min(this.width / bitmap.width, this.height / bitmap.height));
    this.put({bitmap, x: this.width / 2, y: this.height / 2, scale, turn: 0, flip: 1, opacity: 1});
  }

  put(thing) {
    this.remember();
    this.things.push(thing);
    this.selected = thing;
    this.setMode('move');
    this.markChanged();
  }

  /** Copy the inside of a closed path as an object; with `hole`, fill its original place with the surrounding colour. */
  cut(path, hole) {
    const xs = path.map(([x]) => x), ys = path.map(([, y]) => y);
    const left = Math.max(0, Math.floor(Math.min(...xs))), top = Math.max(0, Math.floor(Math.min(...ys)));
    const right = Math.min(this.width, Math.ceil(Math.max(...xs))), bottom = Math.min(this.height, Math.ceil(Math.max(...ys)));
    if (right - left < 2 || bottom - top < 2) return;
    const piece = (fill) => {
      const canvas = new OffscreenCanvas(right - left, bottom - top), context = canvas.getContext('2d');
      context.beginPath();
      path.forEach(([x, y], i) => context[i ? 'lineTo' : 'moveTo'](x - left, y - top));
      context.closePath();
      if (fill) { context.fillStyle = fill; context.fill(); } else { context.clip(); context.drawImage(this.image, -left, -top, this.width, this.height); }
      return canvas.transferToImageBitmap();
    };
    const place = {x: (left + right) / 2, y: (top + bottom) / 2, scale: 1, turn: 0, flip: 1, opacity: 1};
    this.remember();
    if (hole) this.things.push({...place, bitmap: piece(this.around(path)), fixed: true});
    const copy = {...place, bitmap: piece(null)};
    this.things.push(copy);
    this.selected = copy;
    this.setMode('move');
    this.markChanged();
  }

  /** The mean colour along a path. */
  around(path) {
    const canvas = new OffscreenCanvas(this.width, this.height), context = canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(this.image, 0, 0, this.width, this.height);
    const sum = [0, 0, 0];
    let count = 0;
    for (const [x, y] of path) {
      if (x < 0 || y < 0 || x >= this.width || y >= this.height) continue;
      const pixel = context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
      sum.forEach((_, i) => { sum[i] += pixel[i]; });
      count++;
    }
    return `rgb(${sum.map((value) => Math.round(value / Math.max(1, count))).join(' ')})`;
  }

  remember() { this.past.push(this.things.map((thing) => ({...thing}))); this.future = []; if (this.past.length > 50) this.past.shift(); }

  turnBack(from, to) {
    if (!from.length) return;
    to.push(this.things.map((thing) => ({...thing})));
    this.things = from.pop();
    this.selected = this.things.findLast((thing) => !thing.fixed) || null;
    this.markChanged();
  }

  markChanged() { this.touched = true; this.view.redraw(); this.bar?.update(); this.changed(); }

  change(values) {
    if (!this.selected) return;
    this.remember();
    Object.assign(this.selected, values);
    this.markChanged();
  }

  remove() {
    if (!this.selected) return;
    this.remember();
    this.things = this.things.filter((thing) => thing !== this.selected);
    this.selected = this.things.findLast((thing) => !thing.fixed) || null;
    this.markChanged();
  }

  // ------------------------------------------------------------------------------------------------------- drawing

  draw(context, view) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
    context.save();
    context.beginPath();
    context.rect(0, 0, this.width, this.height);
    context.clip();
    this.things.forEach((thing) => drawThing(context, thing));
    context.restore();
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** What is pasted, as values that a database can store. */
  async content() {
    const things = await Promise.all(this.things.map(async ({bitmap, ...place}) => ({...place, blob: await asBlob(bitmap)})));
    return {width: this.width, height: this.height, things};
  }

  /** Take what `content` gave; resolves to whether it fits the photo. */
  async restore(content) {
    if (content?.width !== this.width || content.height !== this.height) return false;
    this.things = await Promise.all(content.things.map(async ({blob, ...place}) => ({...place, bitmap: await createImageBitmap(blob)})));
    this.touched = true;
    this.view.redraw();
    return true;
  }

  /** The photo with all objects, as a PNG of its size. */
  async blob() {
    const canvas = new OffscreenCanvas(this.width, this.height), context = canvas.getContext('2d');
    context.drawImage(this.image, 0, 0, this.width, this.height);
    this.things.forEach((thing) => drawThing(context, thing));
    return canvas.convertToBlob({type: 'image/png'});
  }

  corners(thing) {
    const wide = thing.bitmap.width * thing.scale / 2, high = thing.bitmap.height * thing.scale / 2;
    return [[-wide, -high], [wide, -high], [wide, high], [-wide, high]].map(([x, y]) => {
      const {x: sx, y: sy} = this.view.toScreen(thing.x + x * Math.cos(thing.turn) - y * Math.sin(thing.turn), thing.y + x * Math.sin(thing.turn) + y * Math.cos(thing.turn));
      return [sx, sy];
    });
  }

  turner(thing) {
    const [[ax, ay], [bx, by]] = this.corners(thing), away = AWAY * this.view.density;
    return [(ax + bx) / 2 + Math.sin(thing.turn) * away, (ay + by) / 2 - Math.cos(thing.turn) * away];
  }

  drawMarks(context, view) {
    const stroke = (draw) => {
      for (const [width, colour] of [[3 * view.density, 'rgba(0,0,0,.5)'], [1.4 * view.density, '#fff']]) {
        context.lineWidth = width; context.strokeStyle = colour;
        context.beginPath(); draw(); context.stroke();
      }
    };
    if (this.path?.length > 1) {
      const places = this.path.map(([x, y]) => view.toScreen(x, y));
      stroke(() => { places.forEach((place, i) => context[i ? 'lineTo' : 'moveTo'](place.x, place.y)); context.closePath(); });
    }
    if (!this.selected || this.mode !== 'move') return;
    const corners = this.corners(this.selected), [tx, ty] = this.turner(this.selected);
    stroke(() => { corners.forEach(([x, y], i) => context[i ? 'lineTo' : 'moveTo'](x, y)); context.closePath(); });
    for (const [x, y] of [...corners, [tx, ty]]) {
      context.beginPath();
      context.arc(x, y, GRIP / 2 * view.density * 1.3, 0, 7);
      context.fillStyle = '#fff'; context.fill();
      context.lineWidth = view.density; context.strokeStyle = 'rgba(0,0,0,.6)'; context.stroke();
    }
  }

  // -------------------------------------------------------------------------------------------------------- moving

  down(point) {
    if (this.mode !== 'move') { this.path = [[point.x, point.y]]; return; }
    const near = ([x, y]) => Math.hypot(point.screen.x - x, point.screen.y - y) < (point.touch ? 2.4 : 1.4) * GRIP * this.view.density;
    const thing = this.selected;
    this.grip = null;
    if (thing && near(this.turner(thing))) this.grip = 'turn';
    else if (thing && this.corners(thing).some(near)) this.grip = 'scale';
    else {
      this.selected = this.things.findLast((one) => !one.fixed && inside(one, point)) || null;
      if (this.selected) this.grip = 'move';
    }
    if (this.grip) { this.remember(); this.from = {...this.selected, point}; }
    this.view.redrawMarks();
    this.bar?.update();
  }

  move(point) {
    if (this.path) { this.path.push([point.x, point.y]); this.view.redrawMarks(); return; }
    if (!this.grip) return;
    const {from, selected: thing} = this, start = from.point;
    if (this.grip === 'move') { thing.x = from.x + point.x - start.x; thing.y = from.y + point.y - start.y; }
    const away = (one) => Math.hypot(one.x - from.x, one.y - from.y), angle = (one) => Math.atan2(one.y - from.y, one.x - from.x);
    if (this.grip === 'scale') thing.scale = Math.max(0.01, from.scale * away(point) / Math.max(1e-6, away(start)));
    if (this.grip === 'turn') {
      const turn = from.turn + angle(point) - angle(start), step = Math.PI / 12;
      thing.turn = point.shift ? Math.round(turn / step) * step : turn;
    }
    this.view.redraw();
  }

  up() {
    if (this.path) {
      const path = this.path;
      this.path = null;
      if (path.length > 3) this.cut(path, this.mode === 'lift');
      this.view.redrawMarks();
    } else if (this.grip) { this.grip = null; this.markChanged(); }
  }

  cancel() { this.path = this.grip = null; this.view.redraw(); }

  setMode(mode) { this.mode = mode; this.bar?.update(); this.view.redraw(); }

  key(event) {
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === 'z') event.shiftKey ? this.turnBack(this.future, this.past) : this.turnBack(this.past, this.future);
    else if (control && event.key.toLowerCase() === 'y') this.turnBack(this.future, this.past);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.remove();
    else if (event.key.startsWith('Arrow') && this.selected) {
      const step = event.shiftKey ? 10 : 1;
      this.change({x: this.selected.x + step * ((event.key === 'ArrowRight') - (event.key === 'ArrowLeft')),
        y: this.selected.y + step * ((event.key === 'ArrowDown') - (event.key === 'ArrowUp'))});
    } else return false;
    return true;
  }

  toolbar() {
    const modes = [['move', 'hand', 'Move, scale and rotate'], ['copy', 'lasso', 'Copy: outline an object'], ['lift', 'cut', 'Cut: outline an object to move it']];
    const buttons = new Map(modes.map(([mode, name, label]) => [mode, iconButton(name, label, () => this.setMode(mode), {'aria-pressed': 'false', data: {tool: mode}})]));
    const opacity = h('input', {type: 'range', min: 5, max: 100, value: 100, class: 'cover', 'aria-label': 'Opacity', title: 'Opacity',
      onchange: () => this.change({opacity: opacity.value / 100})});
    const one = [
      iconButton('flip', 'Mirror', () => this.change({flip: -this.selected?.flip}), {data: {tool: 'flip'}}),
      iconButton('in', 'Larger', () => this.change({scale: this.selected?.scale * 1.1}), {data: {tool: 'larger'}}),
      iconButton('out', 'Smaller', () => this.change({scale: this.selected?.scale / 1.1}), {data: {tool: 'smaller'}}),
      iconButton('redo', 'Rotate by 15°', () => this.change({turn: this.selected?.turn + Math.PI / 12}), {data: {tool: 'turn'}}),
      iconButton('up', 'To the front', () => this.reorder(1), {data: {tool: 'front'}}),
      iconButton('down', 'To the back', () => this.reorder(-1), {data: {tool: 'back'}}),
      iconButton('trash', 'Remove (Delete)', () => this.remove(), {data: {tool: 'remove'}}),
    ];
    const bar = h('div', {class: 'tools', role: 'toolbar', 'aria-label': 'Object tools'},
      h('div', {class: 'group'}, h('button', {type: 'button', class: 'small', data: {tool: 'add'}, onclick: () => this.fromChoice()}, 'Add a picture')),
      h('div', {class: 'group'}, ...buttons.values()),
      h('div', {class: 'group'}, ...one, opacity),
      h('div', {class: 'group'},
        iconButton('undo', 'Undo (Ctrl+Z)', () => this.turnBack(this.past, this.future), {data: {tool: 'undo'}}),
        iconButton('redo', 'Redo (Ctrl+Shift+Z)', () => this.turnBack(this.future, this.past), {data: {tool: 'redo'}})));
    this.bar = {update: () => {
      for (const [mode, button] of buttons) button.setAttribute('aria-pressed', mode === this.mode);
      for (const button of [...one, opacity]) button.disabled = !this.selected;
      if (this.selected) opacity.value = Math.round(this.selected.opacity * 100);
    }};
    this.bar.update();
    return bar;
  }

  /** Add a file, another photo or a result. */
  async fromChoice() {
    const picture = await choosePicture('Add a picture');
    if (!picture) return;
    try { await this.add(await (await fetch(url.picture(picture.id))).blob()); } catch (error) { toast(error.message, 'problem'); }
  }

  /** Move the selected object one step towards the front (1) or the back (-1). */
  reorder(by) {
    const from = this.things.indexOf(this.selected), to = from + by;
    if (from < 0 || !this.things[to] || this.things[to].fixed) return;
    this.remember();
    this.things.splice(to, 0, ...this.things.splice(from, 1));
    this.markChanged();
  }
}

function asBlob(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({type: 'image/png'});
}

function drawThing(context, thing) {
  context.save();
  context.translate(thing.x, thing.y);
  context.rotate(thing.turn);
  context.scale(thing.scale * thing.flip, thing.scale);
  context.globalAlpha = thing.opacity;
  context.drawImage(thing.bitmap, -thing.bitmap.width / 2, -thing.bitmap.height / 2);
  context.restore();
}

function inside(thing, point) {
  const dx = point.x - thing.x, dy = point.y - thing.y;
  const x = (dx * Math.cos(thing.turn) + dy * Math.sin(thing.turn)) / thing.scale, y = (dy * Math.cos(thing.turn) - dx * Math.sin(thing.turn)) / thing.scale;
  return Math.abs(x) <= thing.bitmap.width / 2 && Math.abs(y) <= thing.bitmap.height / 2;
}
