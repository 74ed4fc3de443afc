// What a verb begins with, where that may be one photo or a whole set: chosen beside the form, shown on the stage.
import {url} from './api.js';
import {compare} from './compare.js';
import {go, h} from './dom.js';
import {labelOf, learnsFromSet} from './form.js';
import {photoField} from './opening.js';
import {choosePicture} from './photo.js';
import {chooseSet, extent, handButtons, mosaic, workOn} from './setparts.js';
import {set as put, setValue, state} from './state.js';

const SHOWN = 8;

/** The field that says what a verb begins with: a photo or a set, and how to choose another. */
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
    !learnsFromSet(verb) && ['photo', 'One photo', onePhoto, Boolean(photo)],
    ['set', 'A set', wholeSet, Boolean(set)],
  ].filter(Boolean).map(([kind, words, onclick, chosen]) => h('button', {type: 'button', data: {source: kind}, 'aria-pressed': chosen, onclick}, words));
  const now = photo ? [h('img', {src: url.thumbnail(photo.id), alt: ''}), h('p', {}, h('strong', {}, photo.name), h('span', {class: 'quiet'}, `${photo.width} × ${photo.height}`))]
    : set ? [mosaic(set), h('p', {}, h('strong', {}, set.name), h('span', {class: 'quiet'}, extent(set)))] : [h('p', {class: 'quiet'}, 'Nothing is chosen yet.')];
  return h('div', {class: 'field source', role: 'group', 'aria-labelledby': id}, h('div', {class: 'label', id}, titleOf(verb, field)),
    h('div', {class: 'segments'}, buttons), h('div', {class: 'now'}, now));
}

function titleOf(verb, field) {
  return verb.name === 'train' ? 'Learn from' : labelOf(field);
}

/** The stage of a verb that works on a set: some of its pictures; of a verb for which one is still to be chosen, how. */
export function setStage(verb, set) {
  const frame = h('div', {class: 'frame bare'}, set
    ? h('div', {class: 'of-set'}, mosaic(set, SHOWN), h('p', {class: 'quiet'}, `${set.name} · ${extent(set)}`))
    : h('div', {class: 'choice'}, h('p', {}, verb.name === 'evaluate' ? 'Which pictures are the real ones?' : 'Which photos shall it learn from?'), handButtons(),
      state.sets.some((one) => one.count) ? h('ul', {class: 'set-list'}, state.sets.filter((one) => one.count).slice(0, 12).map((one) => h('li', {}, h('button', {type: 'button', class: 'set', data: {set: one.id}, onclick: () => workOn(verb.name, one)}, mosaic(one), h('strong', {}, one.name), h('span', {class: 'quiet'}, extent(one)))))) : null));
  const begins = [...frame.childNodes];
  const result = h('div', {class: 'result', hidden: true});
  return {
    element: h('section', {class: 'stage', 'aria-label': 'The set'}, frame, result),
    ready: Promise.resolve(),
    pictures: async () => ({}),
    show(shown) {
      frame.hidden = Boolean(shown);
      result.hidden = !shown;
      result.replaceChildren(shown ? compare(null, shown) : '');
    },
    /** Show something in the place of the set: a table, or what a training makes so far; nothing: the set again. */
    instead(element) { frame.replaceChildren(...(element ? [element] : begins)); },
    close() {},
  };
}
