// The stage of a verb whose model draws placed objects: boxes that are added, dragged, resized and given another look.
import {api} from './api.js';
import {compare} from './compare.js';
import {h, iconButton, renew} from './dom.js';
import {changed, listen, state, valuesOf} from './state.js';

const STEP = 0.02, LEAST = 0.04;  // shares of the side: of an arrow key, and of the smallest box
const LOOKS = 1000;  // seeds of looks that are tried
const KINDS = ['scene graph', 'boxes'];
const WAIT = 120;  // milliseconds without a change before the layout is asked for
const kept = new Map();  // the objects placed last, by model

/** What the chosen model of a verb takes for its layout: 'scene graph', 'boxes', or another kind. */
export function layoutKind(verb) {
  const model = (state.models || []).find((one) => one.name === valuesOf(verb.name).model);
  return model?.takes?.[verb.name]?.layout ?? '';
}

export const isPlaced = (verb) => KINDS.includes(layoutKind(verb));

/** The stage: {element, ready, pictures(), sketched(), show(result), close()}. */
export function placingStage(verb) {
  const model = state.models.find((one) => one.name === valuesOf(verb.name).model), kind = layoutKind(verb), ofGraph = kind === 'scene graph';
  const classes = model.classes.filter((one) => one.box).map((one) => one.name);
  const objects = kept.get(model.name) ?? [];
  kept.set(model.name, objects);
  let selected = objects[0] ?? null;
  const masks = h('canvas', {class: 'masks', 'aria-hidden': 'true', hidden: true}), placed = h('div', {class: 'placed'});
  const board = h('div', {class: 'board', role: 'group', 'aria-label': 'The objects'}, masks, placed);
  let timer = 0, asked = 0, inferred = null;  // the layout that the model infers: {boxes, owners}
  const bar = h('div', {class: 'tools', role: 'toolbar', 'aria-label': 'Object tools'}), graph = h('p', {class: 'quiet graph', role: 'status'});
  const frame = h('div', {class: 'frame placing'}, board), tools = h('div', {class: 'toolrow'}, bar, graph), result = h('div', {class: 'result', hidden: true});
  const back = h('div', {class: 'tabs', hidden: true}, h('button', {type: 'button', onclick: () => { state.result = null; show(null); }}, 'Back to the objects'));

  const choice = h('select', {'aria-label': 'Class of the object', class: 'class-of', onchange: () => { if (selected) { selected.class = choice.value; tell(); } }}, classes.map((name) => h('option', {value: name}, name)));
  const add = h('button', {type: 'button', class: 'small', data: {do: 'add-object'}, onclick: () => {
    const at = 0.1 + 0.13 * (objects.length % 5);
    selected = {class: choice.value, box: [at, at, at + 0.35, at + 0.35], look: null};
    objects.push(selected);
    tell();
  }}, 'Add an object');
  const look = h('button', {type: 'button', class: 'small', data: {do: 'look'}, onclick: () => { if (selected) { selected.look = (selected.look ?? -1) + 1 + Math.floor(Math.random() * LOOKS); tell(); } }}, 'Another look');
  const free = h('button', {type: 'button', class: 'small', data: {do: 'free'}, 'aria-pressed': false, title: 'The model chooses the box of this object by its relations to others', onclick: () => { if (selected) { selected.free = !selected.free; tell(); } }}, 'Free place');
  const remove = iconButton('trash', 'Remove (Delete)', () => take(selected), {data: {do: 'remove-object'}});
  bar.append(h('div', {class: 'group'}, choice, add), h('div', {class: 'group'}, ofGraph ? [look, free] : '', remove));

  function take(one) {
    const at = objects.indexOf(one);
    if (at < 0) return;
    objects.splice(at, 1);
    selected = objects[Math.min(at, objects.length - 1)] ?? null;
    tell();
    (board.querySelector('[aria-pressed=true]') ?? add).focus();
  }

  function tell() { draw(); infer(); changed('painted', objects.length ? 'layout' : null); }

  /** Ask where the model puts the objects, and show it: its masks below the boxes, and the boxes that it chose. */
  function infer() {
    clearTimeout(timer);
    if (!ofGraph || !objects.length) { inferred = null; masks.hidden = true; return; }
    timer = setTimeout(async () => {
      const turn = ++asked;
      try {
        const found = await api.layout(verb.name, {model: model.name, seed: valuesOf(verb.name).seed ?? 0, ...(valuesOf(verb.name).unfinished ? {unfinished: true} : {}), ...sketched()});
        if (turn !== asked) return;
        inferred = found;
        paintMasks();
        draw();
      } catch { masks.hidden = true; }  // the live picture says what is wrong
    }, WAIT);
  }

  function paintMasks() {
    const {owners} = inferred, colours = objects.map((one) => model.classes.find(({name}) => name === one.class)?.colour ?? [128, 128, 128]);
    masks.width = owners[0].length;
    masks.height = owners.length;
    const context = masks.getContext('2d'), image = context.createImageData(masks.width, masks.height);
    owners.flat().forEach((owner, i) => { if (colours[owner]) image.data.set([...colours[owner], 255], 4 * i); });
    context.putImageData(image, 0, 0);
    masks.hidden = false;
  }

  function draw() {
    for (const button of [look, remove]) button.disabled = !selected;
    if (selected) choice.value = selected.class;
    free.disabled = !selected;
    free.setAttribute('aria-pressed', Boolean(selected?.free));
    renew(placed, objects.map((one, i) => h('button', {type: 'button', class: `object ${one.free ? 'free' : ''}`, 'aria-pressed': one === selected, 'aria-label': `${one.class}, object ${i + 1}; arrow keys move it, with Shift they resize it`, data: {key: i, object: i},
      style: sides(one.box)}, h('span', {}, one.class), h('i', {class: 'corner', 'aria-hidden': 'true'}))),
      objects.map((one, i) => one.free && inferred?.boxes[i] ? h('div', {class: 'chosen-box', 'aria-hidden': 'true', data: {key: `box ${i}`}, style: sides(inferred.boxes[i])}) : null));
    graph.textContent = objects.length > 1 ? `Inferred: ${relations().map(([a, word, b]) => `${objects[a].class} ${word} ${objects[b].class}`).join(', ')}.` : objects.length ? '' : 'Add an object, then drag it, and drag its corner.';
  }

  /** How each object lies to the nearest other one: what the model infers from places, as triples. */
  function relations() {
    const middle = ({box}) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const inside = (a, b) => a.box[0] > b.box[0] && a.box[1] > b.box[1] && a.box[2] < b.box[2] && a.box[3] < b.box[3];
    return objects.map((one, i) => {
      const [ax, ay] = middle(one), away = objects.map((other, j) => j === i ? Infinity : Math.hypot(middle(other)[0] - ax, middle(other)[1] - ay));
      const at = away.indexOf(Math.min(...away)), other = objects[at], [bx, by] = middle(other);
      const word = inside(one, other) ? 'inside' : inside(other, one) ? 'surrounding' : Math.abs(ax - bx) > Math.abs(ay - by) ? ax < bx ? 'left of' : 'right of' : ay < by ? 'above' : 'below';
      return [i, word, at];
    });
  }

  const limit = (value) => Math.min(1, Math.max(0, value));
  function move(one, dx, dy) {
    const [left, top, right, bottom] = one.box, wide = right - left, high = bottom - top;
    const x = Math.min(1 - wide, Math.max(0, left + dx)), y = Math.min(1 - high, Math.max(0, top + dy));
    one.box = [x, y, x + wide, y + high];
  }
  function resize(one, dx, dy) {
    const [left, top, right, bottom] = one.box;
    one.box = [left, top, Math.max(left + LEAST, limit(right + dx)), Math.max(top + LEAST, limit(bottom + dy))];
  }

  board.addEventListener('pointerdown', (event) => {
    const button = event.target.closest('.object');
    if (!button) return;
    event.preventDefault();
    button.focus();
    selected = objects[Number(button.dataset.object)];
    draw();
    const change = event.target.closest('.corner') ? resize : move, box = board.getBoundingClientRect();
    let last = event;
    board.setPointerCapture(event.pointerId);
    const moved = (now) => { change(selected, (now.clientX - last.clientX) / box.width, (now.clientY - last.clientY) / box.height); last = now; tell(); };
    const end = () => { board.removeEventListener('pointermove', moved); tell(); };
    board.addEventListener('pointermove', moved);
    board.addEventListener('pointerup', end, {once: true});
    board.addEventListener('pointercancel', end, {once: true});
  });
  board.addEventListener('focusin', (event) => { const button = event.target.closest('.object'); if (button && objects[button.dataset.object] !== selected) { selected = objects[button.dataset.object]; draw(); } });
  board.addEventListener('keydown', (event) => {
    const [dx, dy] = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]}[event.key] || [];
    if (dx === undefined) { if (event.key === 'Delete' && selected) take(selected); return; }
    event.preventDefault();
    if (!selected) return;
    (event.shiftKey ? resize : move)(selected, dx, dy);
    tell();
  });

  /** The layout as the interface takes it; nothing without objects. */
  function sketched() {
    if (!objects.length) return {};
    const round = (box) => box.map((value) => Math.round(value * 1e4) / 1e4);
    if (kind === 'boxes') return {layout: {boxes: objects.map((one) => round(one.box)), classes: objects.map((one) => one.class)}};
    const some = objects.length > 1 && objects.some((one) => one.free);  // boxes tell the relations, where all have one
    return {layout: {...(some ? {relations: relations()} : {}), objects: objects.map((one) => ({class: one.class, ...(one.free ? {} : {box: round(one.box)}), ...(one.look === null ? {} : {look: {seed: one.look}})}))}};
  }

  function show(shown, against = null) {
    frame.hidden = tools.hidden = Boolean(shown);
    result.hidden = back.hidden = !shown;
    result.replaceChildren(shown ? compare(null, shown, against) : '');
  }

  draw();
  infer();
  return {
    element: h('section', {class: 'stage', 'aria-label': 'The objects'}, back, frame, result, tools),
    ready: Promise.resolve(),
    pictures: async () => sketched(),
    sketched,
    show,
    close() { clearTimeout(timer); asked++; },
  };
}

/** The place of a box [left, top, right, bottom], 0..1, as a style. */
function sides([left, top, right, bottom]) {
  return {left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%`};
}

/** Call `redo` when another kind of layout is needed; returns a function that ends that. */
export function onOtherKind(verb, redo) {
  const before = layoutKind(verb), look = () => { if (layoutKind(verb) !== before) redo(); };
  const stops = [listen('models', look), listen('values', ({verb: name, name: field}) => { if (name === verb.name && field === 'model') look(); })];
  return () => stops.forEach((stop) => stop());
}
