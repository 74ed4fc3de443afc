// Handing pictures in: dropped, chosen, pasted; and pictures of ours, which say how they were made.
import {api, url} from './api.js';
import {chooseMany} from './files.js';
import {handInSet} from './handing.js';
import {modelOfMany} from './sets.js';
import {choose, go, h, icon, iconButton, sure, toast} from './dom.js';
import {jobsNewestFirst, loadPictures, set, setValue, state, valuesOf} from './state.js';

/** Take files as photos; the last one is worked on. A film of ours is asked how it was made. */
export async function handIn(files) {
  let last = null;
  for (const file of files) {
    try {
      last = await api.add(file, file.name || 'picture.png');
    } catch (error) {
      if (await asSettings(file)) continue;
      toast(error.message, 'problem');
    }
  }
  if (!last) return null;
  await loadPictures();
  if (last.made) state.verb = null;  // it may be asked how it was made, before it is worked on
  open(last);
  return last;
}

async function asSettings(file) {
  try { await restore(await api.settings(file)); return true; } catch { return false; }
}

/** The name of the argument that is the photo; a verb that takes a model has none. */
export function photoField(verb) {
  return verb?.fields.find((field) => field.kind === 'photo')?.name;
}

/** Work on a picture. */
export function open(picture) {
  set('photo', picture);
  if (state.verb) setValue(state.verb.name, photoField(state.verb), null);
  state.result = null;
  go(state.verb ? `#/${state.verb.name}` : '#/');
}

/** Fill a form in as a result says; what it was made from is looked up among the pictures. */
export async function restore(said) {
  const verb = state.verbs.find((one) => one.name === said.verb);
  if (!verb) throw new Error('This was made by a verb that is not known here.');
  const {[photoField(verb)]: photo, ...rest} = said.arguments;
  for (const name of Object.keys(valuesOf(verb.name))) setValue(verb.name, name, null);
  for (const [name, value] of Object.entries(rest)) setValue(verb.name, name, value);
  await loadPictures();
  if (photo) set('photo', state.pictures.find((one) => one.id === photo) || await api.picture(photo));
  const missing = Object.values(said.missing);
  if (missing.length) toast(`The settings are back. Drop ${missing.join(' and ')} to make the same again.`);
  else toast('The settings are back: the same picture comes out.');
  set('verb', verb);
  go(`#/${verb.name}`);
}

/** The page before there is a photo. */
export function hero() {
  const drop = h('button', {type: 'button', class: 'drop', onclick: async () => { const files = await choose('image/*,.heic,.heif', true); if (files?.length > 1) handInSet(files.map((file) => ({file, path: file.name})), handIn); else if (files?.length) handIn(files); }},
    icon('photo'), h('strong', {}, 'Drop a photo'), h('span', {}, 'or choose one, or paste it'));
  return h('section', {class: 'hero'},
    h('h1', {}, 'New pictures from the ones you have'),
    drop,
    h('button', {type: 'button', class: 'small', data: {do: 'folder'}, onclick: async () => { const files = await chooseMany({folder: true}); if (files.length) handInSet(files); }}, icon('folder'), 'or a folder of photos'),
    h('p', {class: 'quiet'}, 'Everything happens on this computer. A picture that Calotype made brings back how it was made.'),
    recent('Or go on with one of these'),
    withoutPhoto());
}

/** What begins with many photos, or with what was learned of many. */
export function withoutPhoto() {
  const tiles = [
    ['train', 'Learn from many', 'A model learns from a set of photos', () => setValue('train', 'engine', modelOfMany())],
    ['sample', 'Sample', 'New pictures like those of the set'],
    ['panorama', 'Panorama', 'New panoramas, all the way round'],
    ['evaluate', 'Compare sets', 'How near one set is to another'],
  ].filter(([name]) => state.verbs.some((verb) => verb.name === name));
  return h('section', {class: 'without'}, h('h2', {}, 'With many photos'), h('ul', {class: 'verbs'}, tiles.map(([name, title, text, before]) => h('li', {},
    h('a', {href: `#/${name}`, data: {many: name}, onclick: () => before?.()}, h('img', {src: `/page/verbs/${name === 'train' ? 'learn' : name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}),
      h('strong', {}, title), h('span', {}, text))))));
}

/** The photos that were handed in before. */
export function recent(title) {
  const photos = state.pictures.filter((picture) => !picture.part && picture.id !== state.photo?.id).slice(0, 24);
  if (!photos.length) return null;
  const list = h('ul', {class: 'photos'}, photos.map((picture) => h('li', {},
    h('button', {type: 'button', class: 'thumb', onclick: () => open(picture), 'aria-label': `Work on ${picture.name}`},
      h('img', {src: url.thumbnail(picture.id), alt: '', loading: 'lazy'})),
    iconButton('close', `Forget ${picture.name}`, async () => {
      if (!await sure(`Forget ${picture.name}? Results that were made from it stay.`, 'Forget it')) return;
      try { await api.forget(picture.id); await loadPictures(); if (state.photo?.id === picture.id) set('photo', null); go(location.hash); }
      catch (error) { toast(error.message, 'problem'); }
    }))));
  return h('div', {class: 'recent'}, h('h2', {}, title), list);
}

/** Choose a picture for an argument: from a file, or one that is here. Resolves to a picture, or null. */
export function choosePicture(title) {
  return new Promise((resolve) => {
    const answer = (picture) => { dialog.close(); dialog.remove(); resolve(picture); };
    const photos = state.pictures.filter((picture) => !picture.part);
    const results = jobsNewestFirst().flatMap((job) => job.results.filter((made) => /\.png$/.test(made.file)).map((made) => ({job, made}))).slice(0, 30);
    const dialog = h('dialog', {class: 'choose', oncancel: () => answer(null)},
      h('div', {class: 'row'}, h('h2', {}, title), iconButton('close', 'Close', () => answer(null))),
      h('button', {type: 'button', class: 'main', onclick: async () => {
        const file = await choose('image/*,.heic,.heif');
        if (!file) return;
        try { const picture = await api.add(file, file.name); await loadPictures(); answer(picture); } catch (error) { toast(error.message, 'problem'); }
      }}, 'Choose a file'),
      h('ul', {class: 'photos'}, photos.map((picture) => h('li', {}, h('button', {type: 'button', class: 'thumb', 'aria-label': picture.name, onclick: () => answer(picture)},
        h('img', {src: url.thumbnail(picture.id), alt: '', loading: 'lazy'}))))),
      results.length ? h('h2', {}, 'Or a result') : null,
      h('ul', {class: 'photos'}, results.map(({job, made}) => h('li', {}, h('button', {type: 'button', class: 'thumb', 'aria-label': `${job.verb}, seed ${made.seed}`, onclick: async () => {
        try { const picture = await api.use(job.id, made.file); await loadPictures(); answer(picture); } catch (error) { toast(error.message, 'problem'); }
      }}, h('img', {src: url.small(job.id, made.file), alt: '', loading: 'lazy'}))))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
