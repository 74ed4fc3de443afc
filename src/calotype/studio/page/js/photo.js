// Handing pictures in: dropped, chosen, pasted; and pictures of ours, which say how they were made.
import {api, url} from './api.js';
import {chooseMany} from './files.js';
import {handInSet} from './handing.js';
import {handIn, open} from './opening.js';
import {modelOfMany} from './setparts.js';
import {choose, go, h, icon, iconButton, sure, toast} from './dom.js';
import {jobsNewestFirst, loadPictures, set, setValue, state} from './state.js';

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
