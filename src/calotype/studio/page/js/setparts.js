// Parts of the page that show, choose or hand in a set, for whoever needs one.
import {url} from './api.js';
import {go, h, icon, iconButton} from './dom.js';
import {chooseMany} from './files.js';
import {handInSet, newSet} from './handing.js';
import {photoField} from './opening.js';
import {setValue, state, valuesOf} from './state.js';

/** A few pictures that stand for a set. */
export function mosaic(set, most = 4) {
  return h('div', {class: `mosaic of${Math.min(most, Math.max(1, set.shown.length))}`}, set.shown.slice(0, most).map((one) => h('img', {src: url.member(set.id, one), alt: '', loading: 'lazy'})));
}

/** How large a set is, in words. */
export function extent(set) {
  const labels = Object.keys(set.labels).length;
  return [`${set.count} ${set.count === 1 ? 'picture' : 'pictures'}`, labels ? `${labels} labels` : '', set.maps ? 'with maps' : ''].filter(Boolean).join(' · ');
}

/** Whether a verb can be done with every photo of a set: where nothing has to be painted on one. */
export function takesSets(verb) {
  const field = verb?.fields.find((one) => one.kind === 'photo');
  return Boolean(field?.sets) && !verb.fields.some((one) => ['mask', 'sketch', 'label map'].includes(one.kind) && (one.required || one.first) || (one.kind === 'picture' && one.begins));
}

/** The set that a verb works on, if one was chosen for it. */
export function chosenSet(verb) {
  const id = verb && valuesOf(verb.name)[photoField(verb)];
  return id ? state.sets.find((set) => set.id === id) || null : null;
}

/** Go to a verb with a set, and a field more that is to hold something. */
export function workOn(verb, set, more = {}) {
  const form = state.verbs.find((one) => one.name === verb);
  setValue(verb, photoField(form), set.id);
  for (const [name, value] of Object.entries(more)) setValue(verb, name, value);
  state.result = null;
  go(`#/${verb}`);
}

/** The first model of many photos that there is. */
export function modelOfMany() {
  return Object.entries(state.engines || {}).find(([, about]) => about.learns === 'many photos')?.[0];
}

export function handButtons() {
  return h('div', {class: 'row'},
    h('button', {type: 'button', class: 'main', data: {do: 'folder'}, onclick: async () => { const files = await chooseMany({folder: true}); if (files.length) handInSet(files); }}, icon('folder'), 'Choose a folder'),
    h('button', {type: 'button', data: {do: 'files'}, onclick: async () => { const files = await chooseMany(); if (files.length) handInSet(files); }}, 'Choose pictures'));
}

/** Choose a set for an argument, or hand one in. Resolves to a set, or null. */
export function chooseSet(title) {
  return new Promise((resolve) => {
    const answer = (set) => { dialog.close(); dialog.remove(); resolve(set); };
    const hand = async (folder) => {
      const files = await chooseMany({folder});
      if (!files.length) return;
      const set = await newSet(files);
      if (set) answer(state.sets.find((one) => one.id === set.id) || set);
    };
    const dialog = h('dialog', {class: 'choose', oncancel: () => answer(null)},
      h('div', {class: 'row'}, h('h2', {}, title), iconButton('close', 'Close', () => answer(null))),
      h('div', {class: 'row'}, h('button', {type: 'button', class: 'main', data: {do: 'folder'}, onclick: () => hand(true)}, icon('folder'), 'Choose a folder'), h('button', {type: 'button', onclick: () => hand(false)}, 'Choose pictures')),
      h('ul', {class: 'set-list'}, state.sets.filter((set) => set.count).map((set) => h('li', {}, h('button', {type: 'button', class: 'set', data: {set: set.id}, onclick: () => answer(set)}, mosaic(set), h('strong', {}, set.name), h('span', {class: 'quiet'}, extent(set)))))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
