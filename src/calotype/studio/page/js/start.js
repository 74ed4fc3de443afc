// The start: the choice of a photo and a verb, and the workspace, which is loaded when it is needed.
import {api, url} from './api.js';
import {chooser} from './chooser.js';
import {attempt, go, h} from './dom.js';
import {photoField, restore} from './opening.js';
import {hero, recent} from './photo.js';
import {chosenSet, needsSet} from './setparts.js';
import {set, state} from './state.js';

/** Show this part of the page; returns a function to call when it is left. */
export async function showMake(main, [name]) {
  const verb = state.verbs.find((one) => one.name === name && name !== 'data') || null;
  if (state.verb?.name !== verb?.name) { state.result = null; state.verb = verb; }
  if (!verb && name === 'verbs') return showVerbs(main);
  if (!verb) return state.photo ? choose(main) : (main.append(hero()), () => {});
  const {workspace} = await import('./make.js');
  if (!photoField(verb)) return workspace(main, verb, {});
  const many = chosenSet(verb);
  if (many) return workspace(main, verb, {set: many});
  // Training on a set and comparing sets do not start with a photo.
  if (needsSet(verb)) return workspace(main, verb, {empty: true});
  if (!state.photo) set('photo', state.pictures.find((picture) => !picture.part) || null);
  if (state.photo) return workspace(main, verb, {photo: state.photo});
  if (['train', 'evaluate', 'dissect', 'invert'].includes(verb.name)) return workspace(main, verb, {empty: true});
  main.append(hero());
  return () => {};
}

function choose(main) {
  const photo = state.photo, verbs = chooser();
  const banner = photo.made ? h('p', {class: 'banner'}, `Calotype made this picture (${photo.made}). `,
    h('button', {type: 'button', class: 'small', onclick: () => attempt(async () => restore(await api.settings(await (await fetch(url.picture(photo.id))).blob())))}, 'Restore its settings')) : null;
  main.append(h('div', {class: 'chooser'},
    h('aside', {},
      h('figure', {class: 'photo'}, h('img', {src: url.picture(photo.id), alt: `Your photo, ${photo.name}`}),
        h('figcaption', {}, `${photo.name} · ${photo.width} × ${photo.height}`)),
      banner,
      h('div', {class: 'row'}, h('button', {type: 'button', onclick: () => { set('photo', null); go('#/'); }}, 'Change photo')),
      recent('Other photos')),
    h('section', {}, h('h1', {}, 'Choose a verb'), verbs.element)));
  return verbs.close;
}

/** The same without a photo: what can be done, also with sets and models. */
function showVerbs(main) {
  const verbs = chooser();
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Choose a verb'), verbs.element));
  return verbs.close;
}
