// What was learned: models of photos, which verbs find by themselves.
import {api, url} from './api.js';
import {go, h, iconButton, sure} from './dom.js';
import {attempt} from './results.js';
import {listen, set, setValue, state} from './state.js';

export function showModels(main) {
  const place = h('div', {class: 'models'});
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Models'),
    h('p', {class: 'quiet'}, 'Some engines learn from a photo before they make anything of it. What they have learned is kept here and used again.'), place));
  const draw = () => place.replaceChildren(...(state.models?.length ? state.models.map(card) : [h('p', {class: 'empty'}, state.models ? 'Nothing was learned yet: a verb does it when it needs to, or ' : 'Looking …', state.models ? h('a', {href: '#/train'}, 'train one now') : '', state.models ? '.' : '')]));
  const load = () => attempt(async () => set('models', await api.models()));
  draw();
  load();
  const stops = [listen('models', draw), listen('engines', draw), listen('jobs', (job) => { if (job && job.model) load(); })];
  return () => stops.forEach((stop) => stop());

  function card(model) {
    const stages = model.finished ? 'finished' : `${model.finished_stages} of ${model.stages} stages finished`;
    return h('article', {class: 'model', data: {model: model.name}},
      h('div', {class: 'previews'}, model.previews.slice(-4).map((name) => h('img', {src: url.model(model.name, name), alt: `Preview: ${name.replace('.png', '')}`, loading: 'lazy'}))),
      h('div', {class: 'body'},
        h('h2', {}, model.photo, ' ', h('span', {class: 'quiet'}, model.size.replace('x', ' × '))),
        h('p', {}, `${model.engine} · ${model.preset} · for ${model.purpose || 'all verbs'} · ${stages}`),
        h('p', {class: 'quiet'}, `${model.when.slice(0, 16).replace('T', ' ')} · ${(model.bytes / 1e6).toFixed(1)} MB`)),
      h('div', {class: 'row'},
        model.finished && h('button', {type: 'button', class: 'small', onclick: () => use(model)}, 'Use it'),
        iconButton('trash', `Delete the model of ${model.photo}`, async () => {
          if (await sure(`Delete what ${model.engine} has learned from ${model.photo}?`, 'Delete')) { await attempt(() => api.removeModel(model.name)); load(); }
        })));
  }
}

/** Go to the verb that a model is for, with the model set. */
function use(model) {
  // A model of many photos is no engine: it takes no photo.
  const wanted = state.engines?.[model.engine] ? model.purpose.split(' ')[0] || 'vary' : 'sample';
  const verb = state.verbs.find((one) => one.name === wanted) || state.verbs[0];
  setValue(verb.name, 'model', model.name);
  const photo = state.pictures.find((picture) => picture.name === model.photo);
  if (photo) set('photo', photo);
  go(`#/${verb.name}`);
}
