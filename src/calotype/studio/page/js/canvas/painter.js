// Painting over a picture: a mask (values 0..255) or a label map (colours of a palette).
import {choose, h, iconButton, save, toast} from '../dom.js';
import {Raster, abgr, connected, drawRaster, packed, unpacked} from './raster.js';
import {levelsOf, mapFrom, maskFrom, readPixels} from './reading.js';
import {alike} from './regions.js';
import {snapped} from './snapping.js';

const MASK_COLOUR = [236, 62, 84];
const FIRST_SIZE = 0.06;  // of the picture's shorter side
const REACH = 0.012, MOST_REACH = 24;  // how far an edge may be, of the picture's shorter side, and in pixels
const kept = {};  // tool and size of the brush used last, by kind: they stay for the next photo

/**
 * A raster layer and its tools.
 *
 * `kind` is 'mask' or 'map'. A map has `palette`, [[r, g, b], ...]. `changed` is called after every stroke.
 */
export class Painter {
  constructor(view, kind, {width, height, palette = null, name = kind, changed = () => {}, regionsOf = null}) {
    this.view = view; this.kind = kind; this.name = name; this.changed = changed; this.regionsOf = regionsOf;
    this.palette = palette || [[40, 90, 160], [230, 180, 60]];
    this.blank = kind === 'map' && !palette;  // hide the map until it has content
    this.label = 0;
    this.cover = kind === 'mask' ? 0.55 : 0.8;
    this.mode = kept[kind]?.mode ?? 'brush';
    this.size = Math.max(1, Math.round(Math.min(width, height) * (kept[kind]?.share ?? FIRST_SIZE)));
    this.raster = new Raster(width, height, (box) => this.dirty(box));
    this.touched = this.taking = false;
    this.snapping = true;  // the border of what is selected goes to the strongest edge nearby
    this.tolerance = 0;  // levels by which regions beside a clicked one may differ from it
    this.cursor = null;
    this.paint();
  }

  /** Make this painter the active tool and layer of the view. */
  take() {
    this.view.tool = this;
    this.view.drawLayer = (context, view) => drawRaster(this.raster, this.colours, context, view);
    this.view.drawMarks = (context, view) => this.drawMarks(context, view);
    this.view.redraw();
  }

  dirty(box) {
    if (this.view.tool === this) drawRaster(this.raster, this.colours, this.view.layer, this.view, box);
  }

  /** Update the colour table. */
  paint() {
    this.colours = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      if (this.blank) continue;
      if (this.kind === 'mask') this.colours[i] = abgr(MASK_COLOUR, Math.round(i * this.cover));
      else if (i < this.palette.length) this.colours[i] = abgr(this.palette[i], Math.round(255 * this.cover));
    }
    if (this.view.tool === this) this.view.redraw();
  }

  get value() { return this.kind === 'mask' ? 255 : this.label; }
  get empty() { return this.kind === 'mask' && !this.raster.any(); }

  // ------------------------------------------------------------------------------------------------------- drawing

  down(point) {
    const {raster} = this;
    if (this.mode === 'pick') { this.pick(point); return; }
    if (this.mode === 'select') { this.select(point); return; }
    if (this.blank) { this.blank = false; this.paint(); }
    raster.begin();
    this.last = point;
    const value = this.mode === 'eraser' || (this.kind === 'mask' && point.shift) ? 0 : this.value;
    this.stroke = value;
    if (this.mode === 'brush' || this.mode === 'eraser') raster.line(point.x, point.y, point.x, point.y, this.size / 2, value);
    else if (this.mode === 'fill') { raster.fill(point.x, point.y, value); this.finish(); }
    else this.path = [[point.x, point.y]];
  }

  move(point) {
    if (this.stroke === undefined) return;
    if (this.mode === 'brush' || this.mode === 'eraser') {
      this.raster.line(this.last.x, this.last.y, point.x, point.y, this.size / 2, this.stroke);
      this.last = point;
    } else if (this.path) this.path.push([point.x, point.y]);
    this.cursor = point;
    this.view.redrawMarks();
  }

  up(point) {
    if (this.stroke === undefined) return;
    if (this.path) {
      const [x, y] = this.path[0];
      if (this.mode === 'rect') this.raster.rectangle(Math.round(x), Math.round(y), Math.round(point.x), Math.round(point.y), this.stroke);
      else if (this.path.length > 2) this.raster.polygon(this.path, this.stroke);
    }
    this.finish();
  }

  cancel() { this.raster.cancel(); this.stroke = this.path = undefined; this.view.redrawMarks(); }
  hover(point) { this.cursor = point; this.view.redrawMarks(); }
  leave() { this.cursor = null; this.view.redrawMarks(); }

  finish() {
    const {width, height} = this.raster;
    kept[this.kind] = {mode: this.mode === 'pick' ? 'brush' : this.mode, share: this.size / Math.min(width, height)};
    this.raster.end();
    this.stroke = this.path = undefined;
    this.markChanged();
    this.view.redrawMarks();
  }

  markChanged() { this.touched = true; this.changed(); }

  /** Add the region at a point to the mask, or with Shift take it out. */
  async select(point) {
    const regions = await this.regionsOf();
    if (!regions) return;
    const {width, height} = this.raster, x = Math.floor(point.x), y = Math.floor(point.y);
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const found = connected(regions.index, width, height, x, y, alike(regions, regions.index[y * width + x], this.tolerance));
    const inside = this.snapping ? snapped(found, regions.light, width, height, Math.max(2, Math.min(MOST_REACH, Math.round(Math.min(width, height) * REACH)))) : found;
    this.step((raster) => raster.put(inside, point.shift || this.taking ? 0 : 255));
    this.clicked = {point, last: this.raster.past.at(-1)};
  }

  /** Select with another tolerance; what was clicked last is selected anew, unless something was painted since. */
  setTolerance(tolerance) {
    this.tolerance = tolerance;
    const {point, last} = this.clicked ?? {};
    if (!last || this.raster.past.at(-1) !== last) return;
    this.raster.undo();
    this.select(point);
  }

  pick(point) {
    const x = Math.floor(point.x), y = Math.floor(point.y);
    if (x < 0 || y < 0 || x >= this.raster.width || y >= this.raster.height) return;
    this.label = this.raster.data[y * this.raster.width + x];
    this.setMode('brush');
    this.bar?.update();
  }

  /** Apply an undoable change to the whole raster. */
  step(change) { this.raster.begin(); change(this.raster); this.raster.end(); this.markChanged(); }

  drawMarks(context, view) {
    const line = (draw) => {  // white with a dark outline, visible on any background
      for (const [width, colour] of [[3 * view.density, 'rgba(0,0,0,.55)'], [1.3 * view.density, '#fff']]) {
        context.lineWidth = width; context.strokeStyle = colour;
        context.beginPath(); draw(); context.stroke();
      }
    };
    if (this.path?.length > 1) {
      const places = this.path.map(([x, y]) => view.toScreen(x, y)), first = places[0], last = places.at(-1);
      if (this.mode === 'rect') line(() => context.rect(first.x, first.y, last.x - first.x, last.y - first.y));
      else line(() => { places.forEach((place, i) => context[i ? 'lineTo' : 'moveTo'](place.x, place.y)); context.closePath(); });
    }
    const brush = this.mode === 'brush' || this.mode === 'eraser';
    if (this.cursor && brush && !this.cursor.touch) {
      const place = view.toScreen(this.cursor.x, this.cursor.y);
      line(() => context.arc(place.x, place.y, Math.max(2, this.size / 2 * view.scale), 0, 7));
    }
  }

  // --------------------------------------------------------------------------------------------- import and export

  async load(blob) {
    const {width, height} = this.raster;
    const pixels = await readPixels(blob, width, height, this.kind === 'map');
    if (this.kind === 'mask') {
      const values = maskFrom(pixels);
      this.step((raster) => raster.all((data) => data.set(values)));
    } else {
      const {index, palette} = mapFrom(pixels, this.exact ? this.palette : []);
      this.palette = palette;
      this.blank = false;
      this.step((raster) => raster.all((data) => data.set(index)));
      this.paint();
    }
    this.bar?.update();
  }

  /** What is painted, as values that a database can store. */
  content() {
    const {width, height} = this.raster;
    return {width, height, data: packed(this.raster.data), palette: this.palette, label: this.label, seen: this.seen, exact: this.exact, touched: this.touched, always: this.always};
  }

  /** Take what `content` gave; returns whether it fits the picture. */
  restore(content) {
    const {width, height} = this.raster;
    if (content?.width !== width || content.height !== height) return false;
    this.raster.data.set(unpacked(content.data));
    const {palette, label, seen, exact, touched, always} = content;
    Object.assign(this, {palette, label, seen, exact, touched, always, blank: false});
    this.paint();
    return true;
  }

  /** The raster as a PNG of the picture's size: white on black, or in flat colours. */
  async blob() {
    const {width, height, data} = this.raster;
    const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
    const image = context.createImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    const colours = new Uint32Array(256);
    for (let i = 0; i < 256; i++) colours[i] = this.kind === 'mask' ? abgr([i, i, i]) : abgr(this.palette[Math.min(i, this.palette.length - 1)]);
    for (let i = 0; i < data.length; i++) pixels[i] = colours[data[i]];
    context.putImageData(image, 0, 0);
    return canvas.convertToBlob({type: 'image/png'});
  }

  setMode(mode) { this.mode = mode; this.bar?.update(); this.view.redrawMarks(); }

  // ---------------------------------------------------------------------------------------------------- the tools

  toolbar() {
    const modes = [['brush', 'Brush (B)'], ['eraser', 'Eraser (E)'], ['rect', this.kind === 'map' ? 'Box (R)' : 'Rectangle (R)'], ['lasso', 'Lasso (L)']];
    if (this.regionsOf) modes.push(['select', 'Select what is clicked (S), Shift takes it out']);
    if (this.kind === 'map') { modes.splice(1, 1); modes.push(['fill', 'Fill (G)'], ['pick', 'Pick a colour (I)']); }
    const buttons = new Map(modes.map(([mode, label]) => [mode, iconButton(mode, label, () => this.setMode(mode), {'aria-pressed': 'false', data: {tool: mode}})]));
    const most = Math.max(20, Math.round(Math.min(this.raster.width, this.raster.height) / 2));
    const size = h('input', {type: 'range', min: 0, max: 100, 'aria-label': 'Brush size', class: 'size',
      oninput: () => { this.size = Math.max(1, Math.round(most ** (size.value / 100))); shown.textContent = `${this.size} px`; }});
    const shown = h('output', {class: 'quiet'});
    const palette = this.kind === 'map' ? h('div', {class: 'palette', role: 'radiogroup', 'aria-label': 'Colours'}) : null;
    const cover = h('input', {type: 'range', min: 10, max: 100, value: Math.round(this.cover * 100), 'aria-label': 'Opacity of the layer',
      title: 'Opacity of the layer', class: 'cover', oninput: () => { this.cover = cover.value / 100; this.paint(); }});
    const group = (...children) => h('div', {class: 'group'}, ...children);
    const tolerance = h('input', {type: 'range', min: 0, max: 60, value: this.tolerance, 'aria-label': 'Tolerance: how much alike the regions beside have to be', title: 'Tolerance', class: 'tolerance', oninput: () => this.setTolerance(Number(tolerance.value))});
    const taking = iconButton('minus', 'Take out what is clicked', () => { this.taking = !this.taking; update(); }, {'aria-pressed': 'false', data: {tool: 'take-out'}});
    const snap = iconButton('magnet', 'Snap to edges', () => { this.snapping = !this.snapping; update(); }, {'aria-pressed': 'true', data: {tool: 'snap'}});
    const selecting = this.regionsOf && group(tolerance, snap, taking);
    const reach = () => Math.max(1, Math.round(Math.min(this.raster.width, this.raster.height) / 200));
    // On small screens the other tools are shown by a button.
    const further = iconButton('more', 'More tools', () => further.setAttribute('aria-expanded', bar.classList.toggle('open')), {'aria-expanded': 'false', data: {tool: 'more'}});
    const bar = h('div', {class: 'tools', role: 'toolbar', 'aria-label': this.kind === 'mask' ? 'Mask tools' : 'Map tools'},
      group(...buttons.values(), further),
      group(h('label', {class: 'size-of'}, size, shown)), selecting,
      group(iconButton('undo', 'Undo (Ctrl+Z)', () => { this.raster.undo(); this.markChanged(); }, {data: {tool: 'undo'}}),
        iconButton('redo', 'Redo (Ctrl+Shift+Z)', () => { this.raster.redo(); this.markChanged(); }, {data: {tool: 'redo'}})),
      h('div', {class: 'extra'}, this.kind === 'mask' && group(
        iconButton('plus', 'Grow', () => this.step((raster) => raster.spread(reach())), {data: {tool: 'grow'}}),
        iconButton('minus', 'Shrink', () => this.step((raster) => raster.spread(-reach())), {data: {tool: 'shrink'}}),
        iconButton('invert', 'Invert', () => this.step((raster) => raster.invert()), {data: {tool: 'invert'}}),
        iconButton('soft', 'Soften the edge', () => this.step((raster) => raster.soften(Math.max(2, this.size / 4))), {data: {tool: 'soft'}}),
        iconButton('trash', 'Clear', () => this.step((raster) => raster.clear()), {data: {tool: 'clear'}})),
      group(cover),
      group(iconButton('up', `Load a ${this.kind} from a file`, () => this.fromFile(), {data: {tool: 'upload'}}),
        iconButton('down', `Save this ${this.kind} to a file`, async () => save(URL.createObjectURL(await this.blob()), `${this.name}.png`), {data: {tool: 'download'}}))),
      palette);
    const update = () => {
      for (const [mode, button] of buttons) button.setAttribute('aria-pressed', mode === this.mode);
      size.value = Math.round(100 * Math.log(this.size) / Math.log(most));
      shown.textContent = `${this.size} px`;
      palette?.replaceChildren(...this.swatches());
      if (selecting) selecting.hidden = this.mode !== 'select';
      snap.setAttribute('aria-pressed', this.snapping);
      taking.setAttribute('aria-pressed', this.taking);
    };
    this.bar = {update};
    update();
    return bar;
  }

  swatches() {
    const used = this.palette.map(([red, green, blue], i) => h('button', {
      type: 'button', role: 'radio', class: 'swatch', 'aria-checked': i === this.label, data: {label: i},
      'aria-label': this.names?.[i] || `Colour ${i + 1}: ${red}, ${green}, ${blue}`, title: this.names?.[i] || '', style: {background: `rgb(${red} ${green} ${blue})`},
      onclick: () => { this.label = i; if (this.mode === 'pick') this.mode = 'brush'; this.bar.update(); },
    }));
    if (this.fixed || this.palette.length >= 255) return used;
    const add = h('input', {type: 'color', 'aria-label': 'Add a colour', title: 'Add a colour', class: 'add', value: '#4080c0',
      onchange: () => this.addColour(add.value)});
    return [...used, add];
  }

  addColour(text) {
    const colour = [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
    const existing = this.palette.findIndex((one) => one.every((value, i) => value === colour[i]));
    this.label = existing >= 0 ? existing : this.palette.push(colour) - 1;
    this.paint();
    this.bar.update();
  }

  async fromFile() {
    const file = await choose();
    if (!file) return;
    try { await this.load(file); } catch (error) { toast(error.message, 'problem'); }
  }

  /** Handle a key while the stage has the focus; returns whether it was handled. */
  key(event) {
    const mode = {b: 'brush', e: 'eraser', r: 'rect', l: 'lasso', g: 'fill', i: 'pick', s: this.regionsOf && 'select'}[event.key.toLowerCase()];
    const isShortcut = mode && !event.ctrlKey && !event.metaKey && (this.kind === 'map' ? mode !== 'eraser' : mode !== 'fill' && mode !== 'pick');
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      event.shiftKey ? this.raster.redo() : this.raster.undo();
      this.markChanged();
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'y') { this.raster.redo(); this.markChanged(); }
    else if (isShortcut) this.setMode(mode);
    else if (event.key === '[' || event.key === ']') {
      this.size = Math.max(1, Math.round(this.size * (event.key === ']' ? 1.2 : 1 / 1.2) + (event.key === ']' ? 1 : 0)));
      this.bar?.update(); this.view.redrawMarks();
    } else if (event.key.startsWith('Arrow') || event.key === 'Enter') this.byKeys(event);
    else return false;
    return true;
  }

  /** Keyboard painting: arrow keys move the cursor, Enter paints a dot, Shift+Enter a line from the last one. */
  byKeys(event) {
    const {width, height} = this.raster, step = event.shiftKey ? 1 : Math.max(1, this.size / 2);
    const at = this.cursor ? {...this.cursor} : {x: width / 2, y: height / 2, touch: false};
    if (event.key === 'Enter') {
      const from = event.shiftKey && this.dabbed ? this.dabbed : at;
      this.step((raster) => raster.line(from.x, from.y, at.x, at.y, this.size / 2, this.mode === 'eraser' ? 0 : this.value));
      this.dabbed = at;
    } else {
      at.x = Math.max(0, Math.min(width, at.x + step * ((event.key === 'ArrowRight') - (event.key === 'ArrowLeft'))));
      at.y = Math.max(0, Math.min(height, at.y + step * ((event.key === 'ArrowDown') - (event.key === 'ArrowUp'))));
      this.cursor = at;
    }
    this.cursor = at;
    this.view.redrawMarks();
  }
}

/** A painter for a sketch that starts with the picture quantised to a few colours. */
export function sketchOver(view, image, options) {
  const {palette, index} = levelsOf(image, options.width, options.height, options.colours || 8);
  const painter = new Painter(view, 'map', {...options, palette});
  painter.raster.data.set(index);
  return painter;
}
