// The form of a verb, generated from its argument descriptions, with a widget for each kind.
import {api, url} from './api.js';
import {h, icon, iconButton, toast} from './dom.js';
import {layoutOf, photoField} from './opening.js';
import {chooseCode, choosePicture} from './photo.js';
import {nextSeed, varies} from './seeds.js';
import {chooseSet, engineOf, extent, learnsFromSet, mosaic} from './setparts.js';
import {listen, loadPictures, set, setValue, state, takenBy, valuesOf} from './state.js';

const ON_STAGE = new Set(['mask', 'sketch', 'label map']);
const OF_ENGINES = new Set(['engine', 'preset', 'settings']);
const ABILITIES = new Set(['also', 'tile']);  // fields that not all engines of a verb have
const FILES = new Set([...ON_STAGE, 'picture', 'photos', 'clip', 'latent', 'latents', 'direction', 'numbers']);
const PLAIN = {fid: 'FID', kid: 'KID', fsd: 'FSD', class_score: 'class score'};
const USUAL = 'fid,kid,precision,recall,density,coverage';
const WORDS = {auto: 'Default', free: 'Free', loose: 'Loose', close: 'Close'};

export const labelOf = (field) => field.label;

/** The fields that apply to the current selection. */
function meaningful(verb, set) {
  return verb.fields.filter((field) => field.kind !== 'photo' && !(field.single && learnsFromSet(verb)) && !(field.of_sets && !set) && !(set && isPainted(field)));
}

/** Whether a field is painted on the stage: of verbs with a photo. */
export function isPainted(field) {
  return ON_STAGE.has(field.kind) || (field.kind === 'picture' && field.begins);
}

/** Whether a field of a verb is painted; without a photo, only the layout is, and other maps and masks are files. */
export function isPaintedIn(verb, field) {
  return isPainted(field) && (Boolean(photoField(verb)) || field.name === layoutOf(verb)?.name);
}

/** The form of a verb, for a photo or a set: {element, close}. Values are stored in the page's state; `before` is the first element. */
export function form(verb, {set = null, before = null} = {}) {
  const closers = [];
  const widgets = meaningful(verb, set).map((field) => ({field, element: widget(verb, field, closers, set)}));
  const chief = ({field}) => field.first || field.kind === 'several';
  const first = widgets.filter(chief), rest = widgets.filter((one) => !chief(one));
  const shown = (list) => list.map(({element}) => element).filter(Boolean);
  const more = shown(rest);
  const changed = rest.filter(({field}) => valuesOf(verb.name)[field.name] !== undefined).length;
  const element = h('div', {class: 'fields'}, before, ...shown(first),
    more.length ? h('details', {class: 'more', open: changed > 0}, h('summary', {}, 'More'), ...more) : null);
  const ofName = new Map(widgets.map((one) => [one.field.name, one.element]));
  /** Hide what the chosen model or engine does not take, and the choice of an engine that a model is in place of. */
  const fit = () => {
    const takes = takenBy(verb), abilities = takes ? null : engineOf(verb)?.abilities;
    for (const {field, element: one} of widgets) {
      if (!one) continue;
      const ofModel = takes && (FILES.has(field.kind) || OF_ENGINES.has(field.kind)) && !(field.name in takes);
      one.hidden = Boolean(ofModel || (abilities && ABILITIES.has(field.name) && !abilities.includes(field.name)));
    }
  };
  fit();
  closers.push(listen('models', fit), listen('engines', fit), listen('values', ({verb: name, name: changed}) => { if (name === verb.name && ['model', 'engine'].includes(changed)) fit(); }));
  /** Say beside fields what is missing in them: [[name, sentence], ...]; all others are as they should be. */
  function complain(lacking) {
    const said = new Map(lacking);
    for (const [name, one] of ofName) {
      one?.querySelector('.lacking')?.remove();
      if (one && said.has(name)) one.append(h('p', {class: 'lacking problem', role: 'alert'}, said.get(name)));
    }
    const worst = ofName.get(lacking[0]?.[0]);
    if (worst?.closest('details')) worst.closest('details').open = true;
    worst?.scrollIntoView({block: 'nearest'});
  }
  /** A field that was filled lacks nothing any more. */
  const settle = (name) => ofName.get(name)?.querySelector('.lacking')?.remove();
  return {element, complain, settle, has: (name) => Boolean(ofName.get(name) && !ofName.get(name).hidden), hides: (name) => Boolean(ofName.get(name)?.hidden), close: () => closers.forEach((close) => close())};
}

let counter = 0;

function widget(verb, field, closers, set) {
  const get = () => valuesOf(verb.name)[field.name];
  const put = (value) => setValue(verb.name, field.name, value, 'form');
  const id = `f${++counter}-${field.name}`;
  const make = isPaintedIn(verb, field) ? painted : isPainted(field) ? slot : KINDS[field.kind] || (field.choices.length ? choice : text);
  const built = make({verb, field, get, put, id, closers, set});
  if (!built) return null;
  const {input, refresh = () => {}, group = false} = built;
  closers.push(listen('values', ({verb: name, name: changed, from}) => {
    if (name === verb.name && changed === field.name && from !== 'form') refresh();
  }));
  refresh();
  const help = h('p', {class: 'help', id: `${id}-help`}, field.help);
  if (group) {
    return h('div', {class: `field k-${field.kind}`, role: 'group', 'aria-labelledby': `${id}-label`, 'aria-describedby': `${id}-help`, data: {field: field.name}},
      h('div', {class: 'label', id: `${id}-label`}, labelOf(field)), input, help);
  }
  return h('div', {class: `field k-${field.kind}`, data: {field: field.name}}, h('label', {for: id}, labelOf(field)), input, help);
}

// -------------------------------------------------------------------------------------------------------- numbers

function number({field, get, put, id}, whole) {
  const least = field.least ?? '', most = field.most ?? '';
  const box = h('input', {id, type: 'number', min: least, max: most, step: whole ? 1 : 'any', inputmode: whole ? 'numeric' : 'decimal',
    placeholder: field.default ?? (field.kind === 'margin' ? '0' : 'default'), 'aria-describedby': `${id}-help`, oninput: () => put(box.value === '' ? null : Number(box.value))});
  const refresh = () => { box.value = get() ?? ''; };
  const [low, high] = field.usual || [least, most];
  if (low !== '' && high !== '' && field.kind !== 'seed') return slider({field, get, put, id}, low, high, whole);
  if (!whole || field.kind !== 'whole') return {input: box, refresh};
  const step = (by) => { put(Math.max(field.least ?? -Infinity, Number(box.value || field.default || 0) + by)); refresh(); };
  return {input: h('div', {class: 'row stepper'}, iconButton('minus', 'Fewer', () => step(-1)), box, iconButton('plus', 'More', () => step(1))), refresh};
}

/** A slider over a range; a number beside it takes values beyond that, too. */
function slider({field, get, put, id}, low, high, whole) {
  const range = h('input', {id, type: 'range', min: low, max: high, step: whole ? 1 : (high - low) / 100, 'aria-describedby': `${id}-help`, oninput: () => { put(Number(range.value)); box.value = range.value; mark(); }});
  const box = h('input', {type: 'number', min: field.least ?? '', max: field.most ?? '', step: 'any', class: 'beside-slider', 'aria-label': `${labelOf(field)}: number`, placeholder: field.default ?? 'default', oninput: () => { put(box.value === '' ? null : Number(box.value)); if (box.value !== '') range.value = box.value; mark(); }});
  const mark = () => range.classList.toggle('unset', get() === undefined && field.default === null);
  return {input: h('div', {class: 'row'}, range, box), refresh: () => { range.value = get() ?? field.default ?? (Number(low) + Number(high)) / 2; box.value = get() ?? ''; mark(); }};
}

/** Three sliders: to the right, up, and away. */
function move({field, get, put}) {
  const names = ['Right', 'Up', 'Away'];
  const sliders = names.map((name) => h('input', {type: 'range', min: -1, max: 1, step: 0.02, 'aria-label': `${labelOf(field)}: ${name.toLowerCase()}`, data: {axis: name.toLowerCase()}, oninput: () => { const all = sliders.map((one) => Number(one.value)); put(all.some(Boolean) ? all.join(',') : null); }}));
  return {input: h('div', {}, names.map((name, i) => h('div', {class: 'row axis'}, h('span', {class: 'quiet'}, name), sliders[i]))), group: true,
    refresh: () => { const parts = String(get() ?? '0,0,0').split(','); sliders.forEach((one, i) => { one.value = parts[i] || 0; }); }};
}

/** Without a number, every press takes the next free one, where seeds make other pictures. */
function seed(context) {
  const {input, refresh} = number(context, true), {verb, get, put} = context;
  const dice = iconButton('dice', 'Random seed', () => { put(Math.floor(Math.random() * 10000)); shown(); });
  const last = () => Math.max(0, nextSeed(verb, photoField(verb) ? valuesOf(verb.name)[photoField(verb)] ?? state.photo?.id : valuesOf(verb.name).model) - 1);
  const pin = context.field.name === 'seed' && varies(verb) && h('button', {type: 'button', class: 'small', data: {do: 'pin'}, 'aria-pressed': false, title: 'Use the same seed for every picture', onclick: () => { put(get() === undefined ? last() : null); shown(); }}, 'Pin');
  const shown = () => {
    refresh();
    if (pin) { pin.setAttribute('aria-pressed', get() !== undefined); input.placeholder = 'a new one each time'; }
  };
  input.addEventListener('input', () => pin && pin.setAttribute('aria-pressed', get() !== undefined));
  return {input: h('div', {class: 'row'}, input, pin, dice), refresh: shown};
}

function toggle({field, get, put, id}) {
  const box = h('input', {id, type: 'checkbox', role: 'switch', class: 'switch', onchange: () => put(box.checked === field.default ? null : box.checked)});
  return {input: box, refresh: () => { box.checked = get() ?? field.default ?? false; }};
}

// ---------------------------------------------------------------------------------------------------------- words

function text({field, get, put, id}) {
  const box = h('input', {id, type: 'text', placeholder: field.default ?? field.hint ?? '', maxlength: 200, spellcheck: 'false', oninput: () => put(box.value.trim() || null)});
  return {input: box, refresh: () => { box.value = get() ?? ''; }};
}

function options(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, label]) => h('option', {value, selected: value === chosen}, label)));
  select.value = chosen;
}

function choice({field, get, put, id}) {
  const usual = field.default ?? '';
  const select = h('select', {id, onchange: () => put(select.value === String(usual) ? null : select.value)});
  const choices = [...(usual === '' && field.default !== '' ? [['', 'none']] : usual === '' ? [['', 'all verbs']] : []), ...field.choices.map((word) => [word, word])];
  return {input: select, refresh: () => options(select, choices, get() ?? usual)};
}

/** A selection of measures for sets; empty for a comparison of single pictures. */
function several({verb, field, get, put, id}) {
  const boxes = field.choices.map((word) => h('input', {type: 'checkbox', value: word, id: `${id}-${word}`, onchange: () => put(field.choices.filter((_, i) => boxes[i].checked).join(',') || null)}));
  const kinds = [['sets', 'As sets'], ['single', 'Paired by name']].map(([kind, words]) => h('button', {type: 'button', data: {word: kind}, onclick: () => { put(kind === 'sets' ? USUAL : null); refresh(); }}, words));
  const list = h('div', {class: 'checks'}, boxes.map((box) => h('label', {class: 'check', for: box.id}, box, PLAIN[box.value] || box.value)));
  const refresh = () => {
    const given = String(get() ?? '').split(',').filter(Boolean);
    for (const box of boxes) box.checked = given.includes(box.value);
    for (const button of kinds) button.setAttribute('aria-pressed', (button.dataset.word === 'sets') === given.length > 0);
    list.hidden = !given.length;
  };
  // For sets, the measures of sets are selected by default.
  if (get() === undefined) setValue(verb.name, field.name, USUAL, 'form');
  return {input: h('div', {}, h('div', {class: 'segments'}, kinds), list), refresh, group: true};
}

/** Buttons for the words, and a slider from 0 (free) to 1 (the input unchanged). */
function structure({verb, field, get, put, id, closers}) {
  const words = field.choices, known = {free: 0, loose: 0.12, close: 0.25};
  /** What is used without a choice: that of verb and engine. */
  const usual = () => { const own = engineOf(verb)?.structures?.[verb.name]; return own in known ? known[own] : Number(own ?? NaN); };
  const slider = h('input', {type: 'range', min: 0, max: 1, step: 0.01, 'aria-label': 'Structure', oninput: () => { put(slider.value); shown(); }});
  const summary = h('output', {class: 'quiet'});
  const buttons = words.map((word) => h('button', {type: 'button', data: {word}, onclick: () => { put(word === field.default ? null : word); shown(); }}, WORDS[word] || word));
  const shown = () => {
    const value = get() ?? field.default;
    for (const button of buttons) button.setAttribute('aria-pressed', button.dataset.word === value);
    const amount = value === 'auto' ? usual() : value in known ? known[value] : Number(value), there = Number.isFinite(amount);
    slider.value = there ? amount : 0.5;
    slider.classList.toggle('unset', !there);
    summary.textContent = there ? `${Math.round(amount * 100)} %` : '';
  };
  closers.push(listen('engines', shown), listen('values', ({verb: name, name: changed}) => { if (name === verb.name && (changed === 'engine' || changed === 'model')) shown(); }));
  return {input: h('div', {}, h('div', {class: 'segments'}, ...buttons), h('div', {class: 'row'}, h('span', {class: 'quiet'}, 'free'), slider, h('span', {class: 'quiet'}, 'unchanged'), summary)), refresh: shown, group: true, id};
}

function settings({verb, get, put, closers}) {
  const rows = h('div', {class: 'settings'});
  const keys = () => engineOf(verb)?.keys || {};
  const write = (pairs) => put(Object.keys(pairs).length ? pairs : null);
  const refresh = () => {
    const given = get() || {}, known = keys();
    const add = h('select', {'aria-label': 'Setting to change', onchange: () => { if (add.value) { write({...get(), [add.value]: String(preset(verb)?.[add.value] ?? '')}); refresh(); } }},
      h('option', {value: ''}, 'Add a setting …'), ...Object.keys(known).filter((key) => !(key in given)).map((key) => h('option', {value: key}, key)));
    rows.replaceChildren(...Object.entries(given).map(([key, value]) => {
      const box = h('input', {type: 'text', value, 'aria-label': key, oninput: () => write({...get(), [key]: box.value})});
      return h('div', {class: 'setting'}, h('span', {title: known[key]?.meaning || ''}, key), box,
        iconButton('close', `Reset ${key}`, () => { const {[key]: gone, ...rest} = get(); write(rest); refresh(); }),
        h('p', {class: 'help'}, known[key]?.meaning || ''));
    }), add);
  };
  closers.push(listen('engines', refresh), listen('values', ({name}) => { if (name === 'engine' || name === 'preset') refresh(); }));
  return {input: rows, refresh, group: true};
}

// ----------------------------------------------------------------------------------------------- engines and models

function preset(verb) {
  const field = verb.fields.find((one) => one.kind === 'preset');
  const about = engineOf(verb);
  return about?.presets[valuesOf(verb.name)[field?.name] ?? field?.default ?? about.usual];
}

/** The engines that support a verb, and optionally an ability. */
export function able(verb, ability = null) {
  return Object.entries(state.engines || {}).filter(([, about]) => about.verbs.includes(verb.name) && (!ability || about.abilities.includes(ability))).map(([name]) => name);
}

function engine({verb, field, get, put, id, closers, set}) {
  const select = h('select', {id, onchange: () => {
    const before = learnsFromSet(verb);
    put(select.value === field.default ? null : select.value);
    summary();
    // The form is different for training on a set.
    if (learnsFromSet(verb) !== before) dispatchEvent(new HashChangeEvent('hashchange'));
  }});
  const about = h('p', {class: 'help'});
  const summary = () => { about.textContent = state.engines?.[select.value]?.summary || ''; };
  const refresh = () => {
    const names = state.engines ? able(verb) : field.choices;
    const many = names.filter((name) => state.engines?.[name]?.learns === 'many photos');
    const chosen = get() ?? field.default ?? (set && many[0]) ?? names[0];
    options(select, names.map((name) => [name, name]), chosen);
    if (many.length) {
      const group = (label, some) => h('optgroup', {label}, some.map((name) => h('option', {value: name}, name)));
      select.replaceChildren(group('Trained on one photo', names.filter((name) => !many.includes(name))), group('Trained on a set', many));
      select.value = chosen;
    }
    if (field.required && !get() && chosen) put(chosen);
    summary();
  };
  closers.push(listen('engines', refresh));
  return {input: h('div', {}, select, about), refresh};
}

function presets({verb, field, get, put, id, closers}) {
  const select = h('select', {id, onchange: () => put(select.value === field.default ? null : select.value)});
  const refresh = () => {
    const names = Object.keys(engineOf(verb)?.presets || {[field.default ?? 'fast']: 0}).filter((name) => name !== 'tiny' || get() === 'tiny');
    options(select, [...(field.default ? [] : [['', `default${engineOf(verb) ? `, ${engineOf(verb).usual}` : ''}`]]), ...names.map((name) => [name, name])], get() ?? field.default ?? '');
  };
  closers.push(listen('engines', refresh), listen('values', ({name}) => { if (name === 'engine') refresh(); }));
  return {input: select, refresh};
}

function model({verb, field, get, put, id, closers}) {
  const unfinished = () => (state.models || []).find((one) => one.name === select.value && !one.finished);
  const select = h('select', {id, onchange: () => {
    put(select.value || null);
    // An unfinished model is used in its last saved state.
    if (field.required) setValue(verb.name, 'unfinished', unfinished() ? true : null, 'model');
  }});
  const refresh = () => {
    // Verbs that require a model accept models of data sets, finished or not.
    const fits = (one) => field.required ? one.verbs.includes(verb.name) : one.finished && (one.verbs.includes(verb.name) || state.engines?.[one.engine]?.verbs.includes(verb.name));
    const models = (state.models || []).filter(fits);
    const named = (one) => [one.photo, one.engine, one.purpose !== 'sample' && one.purpose, !one.finished && 'in training'].filter(Boolean).join(' · ');
    options(select, [['', field.required ? models.length ? 'choose a model' : 'no models yet' : verb.fields.some((one) => one.name === 'unfinished') ? 'automatic, for this photo' : 'none'], ...models.map((one) => [one.name, named(one)])], get() ?? '');
    if (field.required && models.length === 1 && !get()) { select.value = models[0].name; select.onchange?.(); select.dispatchEvent(new Event('change')); }
  };
  closers.push(listen('models', refresh), listen('engines', refresh));
  api.models().then((models) => set('models', models), () => {});
  const trainLink = field.required ? h('a', {href: '#/train', class: 'help', onclick: () => setValue('train', 'engine', Object.entries(state.engines || {}).find(([, about]) => about.learns === 'many photos')?.[0])}, 'Train a model') : null;
  return {input: h('div', {}, select, trainLink), refresh};
}

/** The task of a model that was taught several. */
function task({verb, field, get, put, id, closers}) {
  const select = h('select', {id, onchange: () => put(select.value || null)});
  const refresh = () => {
    const tasks = (state.models || []).find((one) => one.name === valuesOf(verb.name).model)?.tasks ?? [];
    options(select, [['', tasks.length > 1 ? 'the likeliest' : 'the only one'], ...(tasks.length > 1 ? tasks : []).map((name) => [name, name])], get() ?? '');
    select.disabled = tasks.length < 2;
  };
  closers.push(listen('models', refresh), listen('values', ({name}) => { if (name === 'model') refresh(); }));
  return {input: select, refresh};
}

function device({field, get, put, id}) {
  const select = h('select', {id, onchange: () => put(select.value === field.default ? null : select.value)});
  return {input: select, refresh: () => options(select, ['auto', 'cpu', 'cuda', 'mps'].map((name) => [name, name]), get() ?? field.default)};
}

// ----------------------------------------------------------------------------------------------------------- sizes

function pair(label, unit, field, parse, write) {
  return ({get, put}) => {
    const boxes = ['Width', 'Height'].map((side) => h('input', {type: 'number', min: unit.least, step: unit.step, inputmode: 'decimal', 'aria-label': `${label}: ${side.toLowerCase()}`, placeholder: side.toLowerCase(),
      oninput: () => put(boxes.every((box) => box.value) ? write(...boxes.map((box) => box.value)) : null)}));
    return {input: h('div', {class: 'row pair'}, boxes[0], h('span', {class: 'quiet'}, '×'), boxes[1], h('span', {class: 'quiet'}, unit.name)), group: true,
      refresh: () => { const [width, height] = parse(get()); boxes[0].value = width ?? ''; boxes[1].value = height ?? ''; }};
  };
}

const parts = (value) => { const [width, height] = String(value ?? '').split('x'); return width ? [width, height ?? width] : []; };

function shape({field, get, put, id, closers}) {
  const kinds = {trapezoid: [0.05, 3, 0.4], slant: [-0.9, 0.9, 0.3], arc: [-0.9, 0.9, 0.3]};
  const select = h('select', {id, onchange: () => { put(select.value && select.value !== 'quad' ? `${select.value}:${kinds[select.value][2]}` : select.value === 'quad' ? 'quad:0.15,0,0.85,0,1,1,0,1' : null); refresh(); }});
  const slider = h('input', {type: 'range', step: 0.01, 'aria-label': 'Amount', oninput: () => put(`${select.value}:${slider.value}`)});
  const refresh = () => {
    const [word, amount] = String(get() ?? '').split(':');
    options(select, [['', 'a rectangle'], ['trapezoid', 'trapezoid'], ['slant', 'slanted'], ['arc', 'arched'], ['quad', 'four corners, drawn on the photo']], word);
    slider.hidden = !(word in kinds);
    if (word in kinds) { [slider.min, slider.max] = kinds[word]; slider.value = amount ?? kinds[word][2]; }
  };
  closers.push(listen('values', ({name}) => { if (name === field.name) refresh(); }));
  return {input: h('div', {}, select, slider), refresh};
}

// -------------------------------------------------------------------------------------------------------- pictures

function painted({verb, field, closers}) {
  // A button that switches to the layer on the stage.
  const words = h('span');
  const go = h('button', {type: 'button', class: 'small', onclick: () => { dispatchEvent(new CustomEvent('stage', {detail: field.name})); document.querySelector('.stage')?.scrollIntoView({block: 'nearest'}); }}, icon('brush'), words);
  const refresh = () => {
    const placed = ['scene graph', 'boxes'].includes(takenBy(verb)?.[field.name]);
    words.textContent = field.kind === 'picture' ? 'Place on the photo' : placed ? 'Place objects' : `Paint the ${field.kind === 'mask' ? 'mask' : field.kind === 'label map' ? 'map' : 'sketch'}`;
  };
  closers.push(listen('models', refresh), listen('values', ({verb: name, name: changed}) => { if (name === verb.name && changed === 'model') refresh(); }));
  return {input: go, refresh, group: true};
}

function slot({field, get, put}) {
  const place = h('div', {class: 'slot'});
  const refresh = () => {
    const id = get();
    const open = h('button', {type: 'button', class: 'thumb', 'aria-label': id ? 'Choose another picture' : `Choose a picture: ${labelOf(field)}`, onclick: async () => { const picture = await choosePicture(labelOf(field)); if (picture) { put(picture.id); refresh(); } }},
      id ? h('img', {src: url.thumbnail(id), alt: ''}) : h('span', {}, icon('plus'), 'Choose or drop a picture'));
    dropInto(open, async (files) => { put((await api.add(files[0], files[0].name)).id); await loadPictures(); refresh(); });
    place.replaceChildren(open, id ? iconButton('close', 'Remove', () => { put(null); refresh(); }) : '');
  };
  return {input: place, refresh, group: true};
}

function slots({verb, field, get, put}) {
  const place = h('div', {class: 'slots'});
  const refresh = () => {
    const ids = [get() ?? []].flat(), set = state.sets.find((one) => one.id === ids[0]);
    if (set) {
      place.replaceChildren(h('div', {class: 'slot of-set'}, mosaic(set), h('p', {}, h('strong', {}, set.name), ' ', h('span', {class: 'quiet'}, extent(set))),
        iconButton('close', 'Remove', () => { put(null); refresh(); })));
      return;
    }
    const add = h('button', {type: 'button', class: 'thumb', 'aria-label': `Add a picture: ${labelOf(field)}`, onclick: async () => { const picture = await choosePicture(labelOf(field)); if (picture) { put([...ids, picture.id]); refresh(); } }}, h('span', {}, icon('plus'), field.sets ? 'A picture' : 'Add'));
    const many = field.sets && !ids.length ? h('button', {type: 'button', class: 'thumb', data: {do: 'set'}, 'aria-label': `Choose a set: ${labelOf(field)}`, onclick: async () => { const one = await chooseSet(labelOf(field)); if (one) { put([one.id]); refresh(); } }}, h('span', {}, icon('folder'), 'A set')) : '';
    dropInto(add, async (files) => { const added = []; for (const file of files) added.push((await api.add(file, file.name)).id); put([...ids, ...added]); await loadPictures(); refresh(); });
    place.replaceChildren(...ids.map((id, i) => h('div', {class: 'slot'}, h('img', {class: 'thumb', src: url.thumbnail(id), alt: ''}),
      iconButton('close', 'Remove', () => { const rest = ids.filter((_, j) => j !== i); put(rest.length ? rest : null); refresh(); }))), many, add);
  };
  return {input: place, refresh, group: true, verb};
}

/** The latent code of a result: of `embed`, or of another verb that gives one. */
function latent({field, get, put}) {
  const place = h('div', {class: 'slot'});
  const refresh = () => {
    const [job, file] = String(get()?.includes('/') ? get() : '').split('/');
    const choose = h('button', {type: 'button', class: 'thumb', 'aria-label': file ? 'Choose another result' : `Choose a result: ${labelOf(field)}`, onclick: async () => { const code = await chooseCode(labelOf(field)); if (code) { put(code); refresh(); } }},
      file ? h('img', {src: url.small(job, file), alt: ''}) : h('span', {}, icon('plus'), 'Choose an embedded photo'));
    place.replaceChildren(choose, file ? iconButton('close', 'Remove', () => { put(null); refresh(); }) : '');
  };
  return {input: place, refresh, group: true};
}

/** A direction: one that was learned for the model, by its name, or a result. */
function direction(context) {
  const {verb, get, put, id, closers} = context, file = latent(context);
  const select = h('select', {id, onchange: () => { put(select.value || null); file.refresh(); }});
  const refresh = () => {
    const names = (state.models || []).find((one) => one.name === valuesOf(verb.name).model)?.directions ?? [], value = get() ?? '';
    options(select, [['', 'none'], ...names.map((name) => [name, name]), ...(value.includes('/') ? [[value, 'a result']] : [])], value);
    select.hidden = !names.length;
    file.refresh();
  };
  closers.push(listen('models', refresh), listen('values', ({name}) => { if (name === 'model') refresh(); }));
  return {input: h('div', {}, select, file.input), refresh, group: true};
}

/** The latent codes of several results, in their order. */
function latents({field, get, put}) {
  const place = h('div', {class: 'slots'});
  const refresh = () => {
    const codes = [get() ?? []].flat();
    const without = (i) => { const rest = codes.filter((_, j) => j !== i); put(rest.length ? rest : null); refresh(); };
    const add = h('button', {type: 'button', class: 'thumb', 'aria-label': `Add a result: ${labelOf(field)}`, onclick: async () => { const code = await chooseCode(labelOf(field)); if (code) { put([...codes, code]); refresh(); } }}, h('span', {}, icon('plus'), 'Add'));
    place.replaceChildren(...codes.map((code, i) => h('div', {class: 'slot'}, h('img', {class: 'thumb', src: url.small(...code.split('/')), alt: ''}), iconButton('close', 'Remove', () => without(i)))), add);
  };
  return {input: place, refresh, group: true};
}

/** Make an element a drop target for files. */
export function dropInto(element, take) {
  element.addEventListener('dragover', (event) => { event.preventDefault(); element.classList.add('over'); });
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', async (event) => {
    event.preventDefault();
    event.stopPropagation();
    document.getElementById('dropping').hidden = true;
    element.classList.remove('over');
    try { await take([...event.dataTransfer.files]); } catch (error) { toast(error.message, 'problem'); }
  });
}

const KINDS = {
  whole: (context) => number(context, true),
  margin: (context) => number(context, true),
  number: (context) => number(context, false),
  seed, move, task, latent, latents, direction, switch: toggle, several, structure, settings, engine, model, device, shape,
  preset: presets, picture: slot, photos: slots,
  clip: (context) => (context.field.name.startsWith('to_') ? slot : slots)(context),  // a way leads to one picture
  size: pair('Size', {name: 'px', least: 16, step: 1}, null, parts, (width, height) => `${Math.round(width)}x${Math.round(height)}`),
  factor: pair('Factor', {name: 'times', least: 0.1, step: 0.1}, null, parts, (width, height) => `${Number(width)}x${Number(height)}`),
};
