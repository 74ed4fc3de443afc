// The stage of a verb whose model draws placed objects: boxes that are added, dragged, resized and given another look.
import {compare} from './compare.js';
import {h, iconButton, renew} from './dom.js';
import {changed, listen, state, valuesOf} from './state.js';

const STEP = 0.02, LEAST = 0.04;  // shares of the side: of an arrow key, and of the smallest box
const LOOKS = 1000;  // seeds of looks that are tried
const KINDS = ['scene graph', 'boxes'];
const kept = new Map();  // the objects placed last, by model

/** What the chosen model of a verb takes for its layout: 'scene graph', 'boxes', or another kind. */
export function layoutKind(verb) {
  const model = (state.models || []).find((one) => one.name === valuesOf(verb.name).model);
  return model?.takes?.[verb.name]?.layout ?? '';
}

export const isPlaced = (verb) => KINDS.includes(layoutKind(verb));

/** The stage: {element, ready, pictures(), sketched(), show(result), close()}. */
export function placingStage(verb) {
  const model = state.models.find((one) => one.name === valuesOf(verb.name).model), kind = layoutKind(verb);
  const classes = model.classes.length ? model.classes.map((one) => one.name) : [];
  const objects = kept.get(model.name) ?? [];
  kept.set(model.name, objects);
  let selected = objects[0] ?? null;
  const board = h('div', {class: 'board', role: 'group', 'aria-label': 'The objects'});
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
  const remove = iconButton('trash', 'Remove (Delete)', () => take(selected), {data: {do: 'remove-object'}});
  bar.append(h('div', {class: 'group'}, choice, add), h('div', {class: 'group'}, kind === 'scene graph' ? look : '', remove));

  function take(one) {
    const at = objects.indexOf(one);
    if (at < 0) return;
    objects.splice(at, 1);
    selected = objects[Math.min(at, objects.length - 1)] ?? null;
    tell();
    (board.querySelector('[aria-pressed=true]') ?? add).focus();
  }

  function tell() { draw(); changed('painted'); }

  function draw() {
    for (const button of [look, remove]) button.disabled = !selected;
    if (selected) choice.value = selected.class;
    renew(board, objects.map((one, i) => h('button', {type: 'button', class: 'object', 'aria-pressed': one === selected, 'aria-label': `${one.class}, object ${i + 1}; arrow keys move it, with Shift they resize it`, data: {key: i, object: i},
      style: {left: `${100 * one.box[0]}%`, top: `${100 * one.box[1]}%`, width: `${100 * (one.box[2] - one.box[0])}%`, height: `${100 * (one.box[3] - one.box[1])}%`}}, h('span', {}, one.class), h('i', {class: 'corner', 'aria-hidden': 'true'}))));
    graph.textContent = objects.length > 1 ? `Inferred: ${relations().join(', ')}.` : objects.length ? '' : 'Add an object, then drag it, and drag its corner.';
  }

  /** How the objects lie to each other, as the model infers it from their boxes. */
  function relations() {
    const middle = ({box}) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const inside = (a, b) => a.box[0] >= b.box[0] && a.box[1] >= b.box[1] && a.box[2] <= b.box[2] && a.box[3] <= b.box[3];
    return objects.slice(1).map((one, i) => {
      const other = objects[i], [ax, ay] = middle(other), [bx, by] = middle(one);
      const word = inside(one, other) ? 'surrounding' : inside(other, one) ? 'inside' : Math.abs(ax - bx) > Math.abs(ay - by) ? ax < bx ? 'left of' : 'right of' : ay < by ? 'above' : 'below';
      return `${other.class} ${word} ${one.class}`;
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
    return {layout: {objects: objects.map((one) => ({class: one.class, box: round(one.box), ...(one.look === null ? {} : {look: {seed: one.look}})}))}};
  }

  function show(shown, against = null) {
    frame.hidden = tools.hidden = Boolean(shown);
    result.hidden = back.hidden = !shown;
    result.replaceChildren(shown ? compare(null, shown, against) : '');
  }

  draw();
  return {
    element: h('section', {class: 'stage', 'aria-label': 'The objects'}, back, frame, result, tools),
    ready: Promise.resolve(),
    pictures: async () => sketched(),
    sketched,
    show,
    close() {},
  };
}

/** Call `redo` when another kind of layout is needed; returns a function that ends that. */
export function onOtherKind(verb, redo) {
  const before = layoutKind(verb), look = () => { if (layoutKind(verb) !== before) redo(); };
  const stops = [listen('models', look), listen('values', ({verb: name, name: field}) => { if (name === verb.name && field === 'model') look(); })];
  return () => stops.forEach((stop) => stop());
}
