// The input of a verb that accepts a photo or a set: its field in the form, and its stage.
import {url} from './api.js';
import {compare} from './compare.js';
import {go, h} from './dom.js';
import {labelOf} from './form.js';
import {photoField} from './opening.js';
import {choosePicture} from './photo.js';
import {chooseSet, extent, uploadButtons, mosaic, workOn, needsSet} from './setparts.js';
import {set as put, setValue, state} from './state.js';

const SHOWN = 8;

/** The field for the input of a verb: a photo or a set. */
export function sourceOf(verb, {photo, set}) {
  const name = photoField(verb), field = verb.fields.find((one) => one.name === name), id = `source-${verb.name}`;
  const onePhoto = async () => {
    const picture = await choosePicture(titleOf(verb, field));
    if (!picture) return;
    setValue(verb.name, name, null);
    put('photo', picture);
    go(`#/${verb.name}`);
  };
  const wholeSet = async () => { const one = await chooseSet(titleOf(verb, field)); if (one) workOn(verb.name, one); };
  const buttons = [
    !needsSet(verb) && ['photo', 'One photo', onePhoto, Boolean(photo)],
    ['set', 'A set', wholeSet, Boolean(set)],
  ].filter(Boolean).map(([kind, words, onclick, chosen]) => h('button', {type: 'button', data: {source: kind}, 'aria-pressed': chosen, onclick}, words));
  const now = photo ? [h('img', {src: url.thumbnail(photo.id), alt: ''}), h('p', {}, h('strong', {}, photo.name), h('span', {class: 'quiet'}, `${photo.width} × ${photo.height}`))]
    : set ? [mosaic(set), h('p', {}, h('strong', {}, set.name), h('span', {class: 'quiet'}, extent(set)))] : [h('p', {class: 'quiet'}, 'Nothing selected.')];
  return h('div', {class: 'field source', role: 'group', 'aria-labelledby': id}, h('div', {class: 'label', id}, titleOf(verb, field)),
    h('div', {class: 'segments'}, buttons), h('div', {class: 'now'}, now));
}

function titleOf(verb, field) {
  return verb.name === 'train' ? 'Train on' : labelOf(field);
}

/** The stage of a verb with a set: some of its pictures; without one: buttons to choose it. */
export function setStage(verb, set) {
  const frame = h('div', {class: 'frame bare'}, set
    ? h('div', {class: 'of-set'}, mosaic(set, SHOWN), h('p', {class: 'quiet'}, `${set.name} · ${extent(set)}`))
    : h('div', {class: 'choice'}, h('p', {}, {evaluate: 'Choose the real pictures', dissect: 'Choose the real pictures', invert: 'Choose a set with maps to see what is lost by class', align: 'Choose the photos of faces', directions: 'Choose pictures with attributes, like the set faces'}[verb.name] || 'Choose the training photos'), uploadButtons(),
      state.sets.some((one) => one.count) ? h('ul', {class: 'set-list'}, state.sets.filter((one) => one.count).slice(0, 12).map((one) => h('li', {}, h('button', {type: 'button', class: 'set', data: {set: one.id}, onclick: () => workOn(verb.name, one)}, mosaic(one), h('strong', {}, one.name), h('span', {class: 'quiet'}, extent(one)))))) : null));
  const begins = [...frame.childNodes];
  const result = h('div', {class: 'result', hidden: true});
  return {
    element: h('section', {class: 'stage', 'aria-label': 'The set'}, frame, result),
    ready: Promise.resolve(),
    pictures: async () => ({}),
    show(shown, against = null) {
      frame.hidden = Boolean(shown);
      result.hidden = !shown;
      result.replaceChildren(shown ? compare(null, shown, against) : '');
    },
    /** Show an element in place of the set: a report or a preview of a training; null: show the set. */
    instead(element) { frame.replaceChildren(...(element ? [element] : begins)); },
    close() {},
  };
}
