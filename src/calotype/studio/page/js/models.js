// Trained models: list, use, delete, download and import.
import {api, url} from './api.js';
import {attempt, go, h, icon, iconButton, save, sure, toast} from './dom.js';
import {chooseMany} from './files.js';
import {sendFiles} from './uploads.js';
import {choosePicture} from './photo.js';
import {listen, set, setValue, state} from './state.js';

export function showModels(main) {
  const place = h('div', {class: 'models'});
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Models'),
    h('p', {class: 'quiet'}, 'Some engines are trained on a photo before use. Trained models, of photos and of data sets, are stored here and reused.'),
    h('div', {class: 'row'}, h('a', {class: 'button', href: '#/train'}, 'Train a model'), h('button', {type: 'button', data: {do: 'import'}, onclick: () => importModel(load)}, icon('up'), 'Import a model')), place));
  const draw = () => place.replaceChildren(...(state.models?.length ? state.models.map(card) : [h('p', {class: 'empty'}, state.models ? 'There are no models yet: verbs train them when needed.' : 'Loading …')]));
  const load = () => attempt(async () => set('models', await api.models()));
  draw();
  load();
  const stops = [listen('models', draw), listen('engines', draw), listen('jobs', (job) => { if (job && job.model) load(); })];
  return () => stops.forEach((stop) => stop());

  function card(model) {
    const stages = model.finished ? 'finished' : `${model.stages > 1 ? `${model.finished_stages} of ${model.stages} stages, ` : ''}${Math.round(100 * model.done)}% trained`;
    return h('article', {class: 'model', data: {model: model.name}},
      h('div', {class: 'previews'}, model.previews.slice(-4).map((name) => h('img', {src: url.model(model.name, name), alt: `Preview: ${name.replace('.png', '')}`, loading: 'lazy'}))),
      h('div', {class: 'body'},
        h('h2', {}, model.photo, ' ', h('span', {class: 'quiet'}, model.size.replace('x', ' × '))),
        h('p', {}, `${model.engine} · ${model.preset} · for ${model.verbs.length ? model.verbs.join(' and ') : model.purpose || 'all verbs'} · ${stages}`),
        h('p', {class: 'quiet'}, `${model.when.slice(0, 16).replace('T', ' ')} · ${(model.bytes / 1e6).toFixed(1)} MB`)),
      h('div', {class: 'row'},
        model.verbs.length ? model.verbs.filter((verb) => model.finished || verb !== 'expand').map((verb) => h('button', {type: 'button', class: 'small', data: {use: verb}, onclick: () => make(model, verb)}, verb.charAt(0).toUpperCase() + verb.slice(1)))
          : model.finished && h('button', {type: 'button', class: 'small', onclick: () => use(model)}, 'Use'),
        model.leaks && h('button', {type: 'button', class: 'small', data: {do: 'leaks'}, onclick: () => attempt(() => showLeaks(model))}, 'Leak report'),
        model.finished && iconButton('down', `Download the model of ${model.photo}`, () => save(url.packed(model.name), `${model.name}.zip`)),
        iconButton('trash', `Delete the model of ${model.photo}`, async () => {
          if (await sure(`Delete the ${model.engine} model of ${model.photo}?`, 'Delete')) { await attempt(() => api.removeModel(model.name)); load(); }
        })));
  }
}

/** What each code of a model tells of identity and pose: 0 is chance, 1 everything. */
async function showLeaks(model) {
  const report = await api.leaks(model.name), close = () => { dialog.close(); dialog.remove(); };
  const factors = [...new Set(Object.values(report.probes).flatMap(Object.keys))];
  const cell = (probe) => h('td', {}, probe ? [h('meter', {min: 0, max: 1, value: Math.max(0, probe.normalised), 'aria-hidden': 'true'}), ` ${probe.normalised.toFixed(2)} (${probe.score.toFixed(2)}, chance ${probe.chance.toFixed(2)})`] : '–');
  const dialog = h('dialog', {class: 'told leaks', oncancel: close},
    h('div', {class: 'row'}, h('h2', {}, `Leaks of ${model.photo}`), iconButton('close', 'Close', close)),
    h('p', {}, `What a probe finds in each code of ${report.pictures} pictures${report.identities ? ` of ${report.identities} identities` : ''}: 0 is chance, 1 everything. A code should tell of its own factor only.`),
    h('div', {class: 'report', tabindex: 0, role: 'region', 'aria-label': 'Leak report'}, h('table', {}, h('thead', {}, h('tr', {}, ['code', ...factors].map((name) => h('th', {scope: 'col'}, name)))),
      h('tbody', {}, Object.entries(report.probes).map(([code, probes]) => h('tr', {data: {code}}, h('th', {scope: 'row'}, code), factors.map((name) => cell(probes[name]))))))),
    report.separation === null ? null : h('p', {class: 'quiet'}, `Separation ${report.separation.toFixed(2)}: 1 where each code tells its own factor and nothing of the other.`));
  document.body.append(dialog);
  dialog.showModal();
}

/** Go to a verb with a model of a data set; an unfinished model is used in its last saved state. */
function make(model, verb) {
  setValue(verb, 'model', model.name);
  const form = state.verbs.find((one) => one.name === verb);
  if (form.fields.some((one) => one.name === 'unfinished')) setValue(verb, 'unfinished', model.finished ? null : true);
  go(`#/${verb}`);
}

/** Go to the verb of a model of one photo, with the model selected. */
function use(model) {
  const wanted = model.purpose.split(' ')[0] || 'vary';
  const verb = state.verbs.find((one) => one.name === wanted) || state.verbs[0];
  setValue(verb.name, 'model', model.name);
  const photo = state.pictures.find((picture) => picture.name === model.photo);
  if (photo) set('photo', photo);
  go(`#/${verb.name}`);
}

/** Import a model that was trained elsewhere: a folder, its files, or a zip of another studio. */
function importModel(after) {
  const close = () => { dialog.close(); dialog.remove(); };
  let files = [], photo = null;
  const chosen = h('p', {class: 'quiet', role: 'status'}, 'No file selected.'), bar = h('progress', {max: 1, value: 0, hidden: true, 'aria-label': 'Upload progress'});
  const photoName = h('span', {class: 'quiet'}, 'none');
  const take = (some) => { if (some.length) { files = some.filter(({path}) => !path.split('/').some((part) => part.startsWith('.'))); chosen.textContent = files.map(({file}) => file.name).join(', '); go_.disabled = !files.length; } };
  const send = async () => {
    go_.disabled = true;
    bar.hidden = false;
    let id = null;
    try {
      id = await sendFiles(files.map(({file}) => file), (share) => { bar.value = share; });
      const root = files[0].path.includes('/') ? files[0].path.split('/')[0] : files[0].file.name.replace(/\.[^.]*$/, '');
      await api.importModel(id, root, photo?.id ?? null);
      close();
      toast('The model was imported.');
      after();
    } catch (error) {
      if (id) api.deleteUpload(id).catch(() => {});
      chosen.textContent = error.message;
      chosen.className = 'problem';
      go_.disabled = false;
      bar.hidden = true;
    }
  };
  const go_ = h('button', {type: 'button', class: 'main', disabled: true, data: {do: 'send'}, onclick: () => attempt(send)}, 'Import');
  const dialog = h('dialog', {class: 'import', oncancel: close},
    h('div', {class: 'row'}, h('h2', {}, 'Import a model'), iconButton('close', 'Close', close)),
    h('p', {}, 'A zip downloaded from a studio, the folder of a model trained on the command line, the file of a StyleGAN (.pkl, .pt), checkpoint (.pt) and configuration (.yaml) of a GIRAFFE, or the four files of the published code of SinGAN: Gs.pth, Zs.pth, reals.pth and NoiseAmp.pth. No code in them is executed.'),
    h('div', {class: 'row'}, h('button', {type: 'button', data: {do: 'model-folder'}, onclick: async () => take(await chooseMany({folder: true}))}, icon('folder'), 'Choose folder'),
      h('button', {type: 'button', data: {do: 'model-files'}, onclick: async () => take(await chooseMany({accept: '.zip,.json,.safetensors,.pth,.pt,.pkl,.yaml,.txt'}))}, 'Choose files')),
    chosen, bar,
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'small', onclick: async () => { photo = await choosePicture('Training photo'); photoName.textContent = photo?.name ?? 'none'; }}, 'Training photo'), photoName),
    h('p', {class: 'help'}, 'With its training photo, verbs find a SinGAN model automatically; without it, select it as “Model” in a verb.'),
    h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Cancel'), go_));
  document.body.append(dialog);
  dialog.showModal();
}
