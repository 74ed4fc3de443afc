// Shared components for sets: thumbnails, upload buttons and a dialog.
import {url} from './api.js';
import {go, h, icon, iconButton} from './dom.js';
import {chooseMany} from './files.js';
import {uploadSet, newSet} from './uploads.js';
import {photoField} from './opening.js';
import {setValue, state, valuesOf} from './state.js';

/** Thumbnails of a few pictures of a set. */
export function mosaic(set, most = 4) {
  return h('div', {class: `mosaic of${Math.min(most, Math.max(1, set.shown.length))}`}, set.shown.slice(0, most).map((one) => h('img', {src: url.member(set.id, one), alt: '', loading: 'lazy'})));
}

/** The size of a set, as text. */
export function extent(set) {
  const labels = Object.keys(set.labels).length;
  return [`${set.count} ${set.count === 1 ? 'picture' : 'pictures'}`, labels ? `${labels} labels` : '', set.maps ? 'with maps' : ''].filter(Boolean).join(' · ');
}

/** Whether a verb supports sets: it has a photo and nothing to paint. */
export function takesSets(verb) {
  const field = verb?.fields.find((one) => one.kind === 'photo');
  return Boolean(field?.sets) && !verb.fields.some((one) => ['mask', 'sketch', 'label map'].includes(one.kind) && (one.required || one.first) || (one.kind === 'picture' && one.begins));
}

/** The description of the selected engine. */
export function engineOf(verb) {
  const field = verb.fields.find((one) => one.kind === 'engine');
  return field && state.engines?.[valuesOf(verb.name)[field.name] ?? field.default];
}

/** Whether the verb, with the selected engine, trains on a set. */
export function learnsFromSet(verb) {
  return verb.name === 'train' && engineOf(verb)?.learns === 'many photos';
}

/** Whether the verb takes a set and no single photo. */
export function needsSet(verb) {
  return learnsFromSet(verb) || ['dissect', 'invert', 'align', 'directions'].includes(verb.name);
}

/** The set selected for a verb, or null. */
export function chosenSet(verb) {
  const id = verb && valuesOf(verb.name)[photoField(verb)];
  return id ? state.sets.find((set) => set.id === id) || null : null;
}

/** Go to a verb with a set and further field values. */
export function workOn(verb, set, more = {}) {
  const form = state.verbs.find((one) => one.name === verb);
  setValue(verb, photoField(form), set.id);
  for (const [name, value] of Object.entries(more)) setValue(verb, name, value);
  state.result = null;
  go(`#/${verb}`);
}

/** The first system that is trained on data sets. */
export function modelOfMany() {
  return Object.entries(state.engines || {}).find(([, about]) => about.learns === 'many photos')?.[0];
}

export function uploadButtons() {
  return h('div', {class: 'row'},
    h('button', {type: 'button', class: 'main', data: {do: 'folder'}, onclick: async () => { const files = await chooseMany({folder: true}); if (files.length) uploadSet(files); }}, icon('folder'), 'Choose a folder'),
    h('button', {type: 'button', data: {do: 'files'}, onclick: async () => { const files = await chooseMany(); if (files.length) uploadSet(files); }}, 'Choose pictures'));
}

/** Choose or upload a set for an argument; resolves to a set, or null. */
export function chooseSet(title) {
  return new Promise((resolve) => {
    const answer = (set) => { dialog.close(); dialog.remove(); resolve(set); };
    const upload = async (folder) => {
      const files = await chooseMany({folder});
      if (!files.length) return;
      const set = await newSet(files);
      if (set) answer(state.sets.find((one) => one.id === set.id) || set);
    };
    const dialog = h('dialog', {class: 'choose', oncancel: () => answer(null)},
      h('div', {class: 'row'}, h('h2', {}, title), iconButton('close', 'Close', () => answer(null))),
      h('div', {class: 'row'}, h('button', {type: 'button', class: 'main', data: {do: 'folder'}, onclick: () => upload(true)}, icon('folder'), 'Choose a folder'), h('button', {type: 'button', onclick: () => upload(false)}, 'Choose pictures')),
      h('ul', {class: 'set-list'}, state.sets.filter((set) => set.count).map((set) => h('li', {}, h('button', {type: 'button', class: 'set', data: {set: set.id}, onclick: () => answer(set)}, mosaic(set), h('strong', {}, set.name), h('span', {class: 'quiet'}, extent(set)))))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
