// Upload of photos: start page, recent photos, and a dialog to choose a picture.
import {api, url} from './api.js';
import {chooseMany} from './files.js';
import {uploadSet} from './uploads.js';
import {uploadPhotos, open} from './opening.js';
import {modelOfMany} from './setparts.js';
import {forgetPhoto} from './keeping.js';
import {choose, go, h, icon, iconButton, PAGE, sure, toast} from './dom.js';
import {jobsNewestFirst, loadPictures, set, setValue, state} from './state.js';

/** The start page, before a photo is opened. */
export function hero() {
  const drop = h('button', {type: 'button', class: 'drop', onclick: async () => { const files = await choose('image/*,.heic,.heif', true); if (files?.length > 1) uploadSet(files.map((file) => ({file, path: file.name})), uploadPhotos); else if (files?.length) uploadPhotos(files); }},
    icon('photo'), h('strong', {}, 'Drop a photo'), h('span', {}, 'or choose or paste one'));
  return h('section', {class: 'hero'},
    h('h1', {}, 'New pictures from the ones you have'),
    drop,
    h('button', {type: 'button', class: 'small', data: {do: 'folder'}, onclick: async () => { const files = await chooseMany({folder: true}); if (files.length) uploadSet(files); }}, icon('folder'), 'or a folder of photos'),
    h('p', {class: 'quiet'}, 'All processing is local. Drop a picture made by Calotype to restore its settings.'),
    recent('Recent photos'),
    h('p', {}, h('a', {href: '#/verbs', data: {do: 'verbs'}}, 'What do you have, and what do you want? All verbs')),
    withoutPhoto());
}

/** Tiles of the verbs for sets and models of data sets. */
export function withoutPhoto() {
  const tiles = [
    ['train', 'Train a model', 'Train a model on a set of photos', () => setValue('train', 'engine', modelOfMany())],
    ['sample', 'Sample', 'Generate pictures like those of the set'],
    ['panorama', 'Panorama', 'Generate 360-degree panoramas'],
    ['evaluate', 'Compare sets', 'Measure the similarity of two sets'],
    ['dissect', 'Dissect a model', 'Find out what a model does not draw'],
    ['invert', 'Invert photos', 'See what a model draws of photos'],
    ['align', 'Align faces', 'Crop faces to train a model on'],
    ['directions', 'Learn directions', 'Glasses, a smile, a colour, for adjust'],
  ].filter(([name]) => state.verbs.some((verb) => verb.name === name));
  return h('section', {class: 'without'}, h('h2', {}, 'Sets of photos'), h('ul', {class: 'verbs'}, tiles.map(([name, title, text, before]) => h('li', {},
    h('a', {href: `#/${name}`, data: {many: name}, onclick: () => before?.()}, h('img', {src: `${PAGE}verbs/${name === 'train' ? 'learn' : name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}),
      h('strong', {}, title), h('span', {}, text))))));
}

/** The recently uploaded photos. */
export function recent(title) {
  const photos = state.pictures.filter((picture) => !picture.part && picture.id !== state.photo?.id).slice(0, 24);
  if (!photos.length) return null;
  const list = h('ul', {class: 'photos'}, photos.map((picture) => h('li', {},
    h('button', {type: 'button', class: 'thumb', onclick: () => open(picture), 'aria-label': `Open ${picture.name}`},
      h('img', {src: url.thumbnail(picture.id), alt: '', loading: 'lazy'})),
    iconButton('close', `Delete ${picture.name}`, async () => {
      if (!await sure(`Delete ${picture.name}? Its results are not deleted.`, 'Delete')) return;
      try { await api.forget(picture.id); forgetPhoto(picture.id); await loadPictures(); if (state.photo?.id === picture.id) set('photo', null); go(location.hash); }
      catch (error) { toast(error.message, 'problem'); }
    }))));
  return h('div', {class: 'recent'}, h('h2', {}, title), list);
}

/** Choose a result that has a latent code; resolves to job/file, or null. */
export function chooseCode(title) {
  return new Promise((resolve) => {
    const answer = (code) => { dialog.close(); dialog.remove(); resolve(code); };
    const results = jobsNewestFirst().flatMap((job) => job.results.filter((made) => made.code).map((made) => ({job, made})));
    const dialog = h('dialog', {class: 'choose', oncancel: () => answer(null)},
      h('div', {class: 'row'}, h('h2', {}, title), iconButton('close', 'Close', () => answer(null))),
      results.length ? h('ul', {class: 'photos'}, results.map(({job, made}) => h('li', {}, h('button', {type: 'button', class: 'thumb', 'aria-label': `${job.verb}, ${made.file}`, data: {code: made.code}, onclick: () => answer(`${job.id}/${made.file}`)}, h('img', {src: url.small(job.id, made.file), alt: '', loading: 'lazy'})))))
        : h('p', {}, 'There is no latent code yet: ', h('a', {href: '#/embed', onclick: () => answer(null)}, 'embed a photo'), ' in a StyleGAN model first.'));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Choose a picture for an argument, uploaded or existing; resolves to a picture, or null. */
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
