// What was learned: models of photos, which verbs find by themselves.
import {api, url} from './api.js';
import {go, h, icon, iconButton, save, sure, toast} from './dom.js';
import {chooseMany} from './files.js';
import {sendParcel} from './handing.js';
import {choosePicture} from './photo.js';
import {attempt} from './results.js';
import {listen, set, setValue, state} from './state.js';

export function showModels(main) {
  const place = h('div', {class: 'models'});
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Models'),
    h('p', {class: 'quiet'}, 'Some engines learn from a photo before they make anything of it. What they have learned is kept here and used again; so are models that have learned from a set.'),
    h('div', {class: 'row'}, h('a', {class: 'button', href: '#/train'}, 'Train one'), h('button', {type: 'button', data: {do: 'bring'}, onclick: () => bring(load)}, icon('up'), 'Bring one from elsewhere')), place));
  const draw = () => place.replaceChildren(...(state.models?.length ? state.models.map(card) : [h('p', {class: 'empty'}, state.models ? 'Nothing was learned yet: a verb does it when it needs to.' : 'Looking …')]));
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
        h('p', {}, `${model.engine} · ${model.preset} · for ${model.verbs.length ? model.verbs.join(' and ') : model.purpose || 'all verbs'} · ${stages}`),
        h('p', {class: 'quiet'}, `${model.when.slice(0, 16).replace('T', ' ')} · ${(model.bytes / 1e6).toFixed(1)} MB`)),
      h('div', {class: 'row'},
        model.verbs.length ? model.verbs.filter((verb) => model.finished || verb !== 'expand').map((verb) => h('button', {type: 'button', class: 'small', data: {use: verb}, onclick: () => make(model, verb)}, verb.charAt(0).toUpperCase() + verb.slice(1)))
          : model.finished && h('button', {type: 'button', class: 'small', onclick: () => use(model)}, 'Use it'),
        model.finished && iconButton('down', `Save the model of ${model.photo}`, () => save(url.packed(model.name), `${model.name}.zip`)),
        iconButton('trash', `Delete the model of ${model.photo}`, async () => {
          if (await sure(`Delete what ${model.engine} has learned from ${model.photo}?`, 'Delete')) { await attempt(() => api.removeModel(model.name)); load(); }
        })));
  }
}

/** Go to a verb that takes a model of many photos; one that is still learning is used as it is. */
function make(model, verb) {
  setValue(verb, 'model', model.name);
  const form = state.verbs.find((one) => one.name === verb);
  if (form.fields.some((one) => one.name === 'unfinished')) setValue(verb, 'unfinished', model.finished ? null : true);
  go(`#/${verb}`);
}

/** Go to the verb that a model of one photo is for, with the model set. */
function use(model) {
  const wanted = model.purpose.split(' ')[0] || 'vary';
  const verb = state.verbs.find((one) => one.name === wanted) || state.verbs[0];
  setValue(verb.name, 'model', model.name);
  const photo = state.pictures.find((picture) => picture.name === model.photo);
  if (photo) set('photo', photo);
  go(`#/${verb.name}`);
}

/** Hand in a model that was trained elsewhere: its folder, its files, or the zip that a studio saved. */
function bring(after) {
  const close = () => { dialog.close(); dialog.remove(); };
  let files = [], photo = null;
  const chosen = h('p', {class: 'quiet', role: 'status'}, 'Nothing is chosen yet.'), bar = h('progress', {max: 1, value: 0, hidden: true, 'aria-label': 'How much has come'});
  const whose = h('span', {class: 'quiet'}, 'none');
  const take = (some) => { if (some.length) { files = some.filter(({path}) => !path.split('/').some((part) => part.startsWith('.'))); chosen.textContent = files.map(({file}) => file.name).join(', '); go_.disabled = !files.length; } };
  const send = async () => {
    go_.disabled = true;
    bar.hidden = false;
    let id = null;
    try {
      id = await sendParcel(files.map(({file}) => file), (share) => { bar.value = share; });
      const root = files[0].path.includes('/') ? files[0].path.split('/')[0] : files[0].file.name.replace(/\.[^.]*$/, '');
      await api.bring(id, root, photo?.id ?? null);
      close();
      toast('The model is kept.');
      after();
    } catch (error) {
      if (id) api.forgetParcel(id).catch(() => {});
      chosen.textContent = error.message;
      chosen.className = 'problem';
      go_.disabled = false;
      bar.hidden = true;
    }
  };
  const go_ = h('button', {type: 'button', class: 'main', disabled: true, data: {do: 'send'}, onclick: () => attempt(send)}, 'Keep this model');
  const dialog = h('dialog', {class: 'bring', oncancel: close},
    h('div', {class: 'row'}, h('h2', {}, 'A model from elsewhere'), iconButton('close', 'Close', close)),
    h('p', {}, 'One that a studio has saved as a zip, the folder of one that the command line has trained, or the four files that the published code of SinGAN writes: Gs.pth, Zs.pth, reals.pth and NoiseAmp.pth. Nothing in them is run.'),
    h('div', {class: 'row'}, h('button', {type: 'button', data: {do: 'model-folder'}, onclick: async () => take(await chooseMany({folder: true}))}, icon('folder'), 'Choose its folder'),
      h('button', {type: 'button', data: {do: 'model-files'}, onclick: async () => take(await chooseMany({accept: '.zip,.json,.safetensors,.pth'}))}, 'Choose its files')),
    chosen, bar,
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'small', onclick: async () => { photo = await choosePicture('The photo it learned from'); whose.textContent = photo?.name ?? 'none'; }}, 'The photo it learned from'), whose),
    h('p', {class: 'help'}, 'With that photo, verbs find a SinGAN model by themselves; without it, choose it as “Model” in a verb.'),
    h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Leave it'), go_));
  document.body.append(dialog);
  dialog.showModal();
}
