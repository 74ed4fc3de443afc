// The stage: shows the photo with painting tools and frames, and compares results with it.
import {api, url} from './api.js';
import {Margins, Frame, Quad} from './canvas/handles.js';
import {Painter, sketchOver} from './canvas/painter.js';
import {Paste} from './canvas/paste.js';
import {unpacked} from './canvas/raster.js';
import {regionsFrom} from './canvas/regions.js';
import {View} from './canvas/view.js';
import {compare} from './compare.js';
import {h, iconButton, toast} from './dom.js';
import {able, isPainted, labelOf} from './form.js';
import {engineOf} from './setparts.js';
import {keep, keyOf, kept} from './keeping.js';
import {changed, listen, setValue, state, valuesOf, WORKING} from './state.js';

let found = {};  // the regions of the photo that they were looked for last: {photo, regions}
let lastMask = null;  // the mask painted last, on whatever photo
const SELECTED = 16;  // regions of other colours that a click tells apart: of fewer, one is a quarter of a photo
const MARGINS = ['left', 'right', 'top', 'bottom'];

/** The stage of a photo with the tools of a verb: {element, pictures(), show(result), close()}. */
export function stage(photo, verb) {
  const frame = h('div', {class: 'frame', tabindex: 0, role: 'application', 'aria-label': `${photo.name}, ${photo.width} by ${photo.height} pixels`});
  const tabs = h('div', {class: 'tabs', role: 'tablist', 'aria-label': 'Layers'});
  const tools = h('div', {class: 'toolrow'});
  const result = h('div', {class: 'result', hidden: true});
  const element = h('section', {class: 'stage', 'aria-label': 'The photo'}, tabs, frame, result, tools);
  const view = new View(frame);
  const closers = [() => view.close()];
  const image = new Image();
  const layers = new Map([['photo', {title: 'Photo', empty: true, take: () => plain(view), toolbar: () => null}]]);
  let current = null, compared = null, strokes = 0;

  const ready = new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error('The browser cannot display this photo.'));
    image.src = url.picture(photo.id);
  }).then(() => view.show(image, photo.width, photo.height)).then(() => verb && !view.closed && equip());
  ready.catch((error) => toast(error.message, 'problem'));

  const size = {width: photo.width, height: photo.height};

  // ------------------------------------------------------------------------------------------------ verb tools

  async function equip() {
    const fields = verb.fields, values = valuesOf(verb.name), placed = await kept(keyOf(photo.id, verb.name, 'values')) || {};
    for (const [name, value] of Object.entries(placed)) if (values[name] === undefined) setValue(verb.name, name, value, 'kept');
    const put = (name, value) => {
      strokes++;
      placed[name] = value;
      keep(keyOf(photo.id, verb.name, 'values'), () => ({...placed}));
      setValue(verb.name, name, value, 'stage');
    };
    for (const field of fields.filter(isPainted)) layers.set(field.name, painterOf(field));
    if (MARGINS.every((name) => fields.some((field) => field.name === name && field.kind === 'margin'))) layers.set('margins', margins(values, put));
    const sized = fields.find((field) => field.kind === 'size' && field.first);
    if (sized && fields.some((field) => field.kind === 'shape')) {
      layers.set('size', framed(sized, values, put));
      layers.set('corners', cornered(fields.find((field) => field.kind === 'shape'), values, put));
    }
    await Promise.all([...layers.values()].filter((layer) => layer.field).map(takeUp));
    if (view.closed) return;
    for (const [name, layer] of layers) if (layer.seen) follow(name);
    const names = [...layers.keys()];
    const wanted = fields.find((field) => field.kind === 'label map' && field.begins && field.required)?.name;
    // An optional label map is not selected at first.
    const idle = layers.get(names[1])?.field;
    choose(wanted || (idle?.kind === 'label map' && !idle.required ? 'photo' : names[1]) || 'photo');
    if (wanted) see(fields.find((field) => field.kind === 'label map' && !field.begins).name);
  }

  /** Go on with what was painted on the photo before. */
  async function takeUp(layer) {
    const given = valuesOf(verb.name)[layer.field.name];
    if (given && given !== 'auto') return;
    const content = await kept(keyOf(photo.id, verb.name, layer.field.name));
    if (content && !view.closed && await layer.restore(content)) layer.bar?.update();
  }

  /** Called after every stroke: what a layer holds is kept. */
  function painted(field) {
    strokes++;
    const layer = layers.get(field.name);
    keep(keyOf(photo.id, verb.name, field.name), () => layer.content());
    changed('painted', layer.empty ? null : field.name);
    if (field.kind === 'mask') lastMask = {...size, content: () => layer.content()};
  }

  /** The layer of pasted objects; what is dropped on the page, or pasted from the clipboard, is added to it. */
  function pasted(field, options) {
    const layer = Object.assign(new Paste(view, image, options), {title: labelOf(field), field});
    const take = async (files) => {
      if (current !== field.name) choose(field.name);
      for (const {file} of files) try { await layer.add(file); } catch (error) { toast(error.message, 'problem'); }
    };
    state.taking = take;
    closers.push(() => { if (state.taking === take) state.taking = null; });
    return layer;
  }

  function painterOf(field) {
    const options = {...size, name: `${photo.name.replace(/\.[^.]*$/, '')}_${field.name}`, changed: () => painted(field)};
    if (field.kind === 'picture') return pasted(field, options);
    if (field.kind === 'sketch') return Object.assign(sketchOver(view, image, {...options, colours: valuesOf(verb.name).colours || 6}), {title: labelOf(field), field, cover: 1, always: true});
    const painter = new Painter(view, field.kind === 'mask' ? 'mask' : 'map', {...options, palette: null, regionsOf: field.kind === 'mask' ? regionsOf : null, changed: () => { painted(field); if (field.kind === 'label map' && !field.begins) follow(field.name); }});
    const given = valuesOf(verb.name)[field.name];
    if (given && given !== 'auto') fetch(url.picture(given)).then((answer) => answer.blob()).then((blob) => painter.load(blob)).catch(() => {});
    return Object.assign(painter, {title: labelOf(field), field});
  }

  /** A map that starts as a copy of another one is updated with it until it is painted on. */
  function follow(name) {
    for (const layer of layers.values()) {
      if (layer.field?.begins !== name || layer.touched) continue;
      const from = layers.get(name);
      layer.palette = from.palette.map((colour) => [...colour]);
      layer.blank = from.blank;
      layer.raster.data.set(from.raster.data);
      layer.always = true;
      layer.paint();
      layer.bar?.update();
    }
  }

  /** Segment the photo for an initial label map. */
  async function see(name) {
    const layer = layers.get(name);
    if (layer.seen || layer.touched || valuesOf(verb.name)[name]) return;
    layer.seen = true;
    const map = await segmented();
    if (!map) return;
    await layer.load(map);
    layer.touched = false;
    layer.always = true;
    layer.exact = true;
    follow(name);
    view.redraw();
  }

  /** The label map that `segment` makes of the photo, a PNG; null if that failed, which is said. */
  async function segmented(classes = null) {
    const note = h('div', {class: 'note', role: 'status'}, 'Segmenting the photo …');
    frame.append(note);
    try {
      const job = await finished(await api.make('segment', {photo: photo.id, ...(classes ? {classes} : {})}, true));
      if (job.state !== 'done') throw new Error(job.message || 'The job was stopped.');
      const map = await (await fetch(url.file(job.id, job.results[0].file))).blob();
      api.remove(job.id).catch(() => {});  // a hidden job, whose result is loaded
      return map;
    } catch (error) { toast(error.message, 'problem'); return null; } finally { note.remove(); }
  }

  /** The regions of the photo, found once; a failed search is repeated by the next click. */
  function regionsOf() {
    if (found.photo !== photo.id) {
      const regions = segmented(SELECTED).then((map) => map && regionsFrom(map, image, size.width, size.height));
      found = {photo: photo.id, regions};
      regions.then((there) => { if (!there && found.regions === regions) found = {}; });
    }
    return found.regions;
  }

  function margins(values, put) {
    const layer = new Margins(view, {...size, changed: (all) => { for (const name of MARGINS) put(name, all[name] || null); }});
    const read = () => { const now = valuesOf(verb.name); layer.set(Object.fromEntries(MARGINS.map((name) => [name, now[name] ?? now.margin ?? 0]))); };
    closers.push(listen('values', ({verb: name, from}) => { if (name === verb.name && from !== 'stage') read(); }));
    read();
    return Object.assign(layer, {title: 'Margins'});
  }

  function framed(field, values, put) {
    const layer = new Frame(view, {...size, changed: (now) => { put('factor', null); put(field.name, `${now.width}x${now.height}`); }});
    const read = () => {
      const now = valuesOf(verb.name), [width, height] = String(now[field.name] || '').split('x').map(Number);
      const [wide, high] = String(now.factor || '').split('x').map(Number);
      if (width && height) layer.set({width, height});
      else if (wide) layer.set({width: Math.round(photo.width * wide), height: Math.round(photo.height * (high || wide))});
    };
    closers.push(listen('values', ({verb: name, from}) => { if (name === verb.name && from !== 'stage') read(); }));
    read();
    return Object.assign(layer, {title: 'Size'});
  }

  function cornered(field, values, put) {
    const layer = new Quad(view, {...size, changed: (corners) => { useEngine('shape', put); put(field.name, `quad:${corners.flat().join(',')}`); }});
    const read = () => {
      const [word, numbers] = String(valuesOf(verb.name)[field.name] || '').split(':');
      const all = (numbers || '').split(',').map(Number);
      if (word === 'quad' && all.length === 8) layer.set([0, 2, 4, 6].map((i) => all.slice(i, i + 2)));
      if (word) useEngine('shape', put);
    };
    closers.push(listen('values', ({verb: name, name: changed, from}) => { if (name === verb.name && changed === field.name && from !== 'stage') read(); }));
    read();
    return Object.assign(layer, {title: 'Corners'});
  }

  /** Select an engine that supports an ability. */
  function useEngine(ability, put) {
    if (!state.engines || engineOf(verb)?.abilities.includes(ability)) return;
    const [name] = able(verb, ability);
    if (name) { setValue(verb.name, 'engine', name); toast(`Switched to the engine ${name}, which supports this: it is trained on the photo first.`); }
  }

  // ------------------------------------------------------------------------------------------------------ the tabs

  function choose(name) {
    current = name;
    compared = null;
    result.hidden = true;
    result.replaceChildren();
    frame.hidden = false;
    view.outer = null;
    view.marks.canvas.style.cursor = name === 'photo' ? 'grab' : layers.get(name) instanceof Painter ? 'none' : 'default';
    view.panning = name === 'photo';
    layers.get(name).take();
    if (name === 'photo' || layers.get(name) instanceof Painter || layers.get(name) instanceof Paste) view.fit();
    drawTabs();
    drawTools();
  }

  function drawTabs() {
    const all = [...layers].map(([name, layer]) => [name, layer.title]);
    tabs.replaceChildren(...[...all, ...(compared ? [['result', 'Result']] : [])].map(([name, label]) => h('button', {type: 'button', role: 'tab', 'aria-selected': name === (compared ? 'result' : current), data: {tab: name},
      onclick: () => { if (name !== 'result') { state.result = null; choose(name); } }}, label)));
    tabs.hidden = all.length < 2 && !compared;
  }

  function drawTools() {
    const zoom = h('div', {class: 'group zoom'}, iconButton('out', 'Zoom out (-)', () => view.zoom(1 / 1.4)), iconButton('fit', 'Fit (0)', () => view.fit()), iconButton('in', 'Zoom in (+)', () => view.zoom(1.4)),
      current !== 'photo' && iconButton('hand', 'Pan (hold Space)', (event) => { view.panning = !view.panning; event.currentTarget.setAttribute('aria-pressed', view.panning); }, {'aria-pressed': 'false'}));
    const layer = layers.get(current);
    const again = layer.field?.kind === 'mask' && layer.empty && lastMask?.width === size.width && lastMask.height === size.height
      ? h('div', {class: 'group'}, h('button', {type: 'button', class: 'small', data: {do: 'last-mask'}, onclick: () => { const {data} = lastMask.content(); layer.step((raster) => raster.all((values) => values.set(unpacked(data)))); drawTools(); }}, 'Reuse the last mask')) : null;
    const look = layer.field?.kind === 'label map' && !layer.field.begins && !layer.field.required && !layer.seen
      ? h('div', {class: 'group'}, h('button', {type: 'button', class: 'small', onclick: () => see(current)}, 'Start from a segmentation')) : null;
    tools.replaceChildren(...[layer.toolbar(), again, look, zoom].filter(Boolean));
    tools.hidden = false;
  }

  // ------------------------------------------------------------------------------------------------------ the keys

  frame.addEventListener('keydown', (event) => {
    if (layers.get(current)?.key?.(event)) { event.preventDefault(); return; }
    if (event.key === '+' || event.key === '=') view.zoom(1.4);
    else if (event.key === '-') view.zoom(1 / 1.4);
    else if (event.key === '0') view.fit();
    else if (event.key === ' ') { event.preventDefault(); view.panning = true; }
  });
  frame.addEventListener('keyup', (event) => { if (event.key === ' ') view.panning = current === 'photo'; });
  const keys = (event) => {
    if (event.target.closest('input, select, textarea, dialog') || frame.hidden || document.activeElement === frame) return;
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key) && layers.get(current)?.key?.(event)) event.preventDefault();
  };
  addEventListener('keydown', keys);
  const go = (event) => { if (layers.has(event.detail)) { choose(event.detail); frame.scrollIntoView({block: 'nearest'}); frame.focus(); } };
  addEventListener('stage', go);
  closers.push(() => removeEventListener('keydown', keys), () => removeEventListener('stage', go));

  return {
    element, ready, view,
    layers,
    /** How often something was changed on the stage. */
    strokes: () => strokes,
    /** Whether a pointer is down on it. */
    drawing: () => view.touches.size > 0,
    /** The share of the photo that the mask covers, 0..1; a sixteenth while nothing is painted. */
    masked() {
      const mask = [...layers.values()].find((layer) => layer.field?.kind === 'mask');
      return mask && !mask.empty ? Number(mask.raster.share().toFixed(4)) : 1 / 16;
    },
    /** Upload the painted pictures; resolves to their ids by argument. */
    async pictures() {
      const found = {};
      for (const [name, layer] of layers) {
        if (!layer.field || (layer.empty && !layer.always) || !(layer.touched || layer.always)) continue;
        const picture = await api.add(await layer.blob(), `${layer.name || `${photo.name.replace(/\.[^.]*$/, '')}_${name}`}.png`, true);
        found[name] = picture.id;
      }
      return found;
    },
    /** Compare a result with the photo; null: show the photo. */
    show(shown, against = null) {
      if (!shown) { choose(current || 'photo'); return; }
      compared = shown;
      frame.hidden = true;
      result.hidden = false;
      tools.hidden = true;
      result.replaceChildren(compare(photo, shown, against));
      drawTabs();
    },
    close: () => closers.forEach((close) => close()),
  };
}

/** The stage of a verb without a photo: empty until there is a result. */
export function bareStage() {
  const place = h('div', {class: 'frame bare'}, h('p', {class: 'quiet'}, 'Results are shown here.'));
  const result = h('div', {class: 'result', hidden: true});
  return {
    element: h('section', {class: 'stage', 'aria-label': 'The result'}, place, result),
    ready: Promise.resolve(),
    pictures: async () => ({}),
    show(shown, against = null) {
      place.hidden = Boolean(shown);
      result.hidden = !shown;
      result.replaceChildren(shown ? compare(null, shown, against) : '');
    },
    close() {},
  };
}

/** The layer without a tool: the photo can be panned and zoomed. */
function plain(view) {
  view.tool = null;
  view.drawLayer = (context) => context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  view.drawMarks = () => {};
  view.redraw();
}

/** Resolves to a job when it has ended. */
function finished(job) {
  return new Promise((resolve) => {
    const look = () => { const now = state.jobs.get(job.id); if (now && !WORKING.has(now.state)) { stop(); resolve(now); } };
    const stop = listen('jobs', look);
    look();
  });
}
