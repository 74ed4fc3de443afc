// Sets of pictures: upload, browse and use; and data sets to create from packages.
import {api, url} from './api.js';
import {attempt, go, h, icon, iconButton, PAGE, sure, toast} from './dom.js';
import {chooseMany, picturesOf} from './files.js';
import {form} from './form.js';
import {fill, sendFiles} from './uploads.js';
import {open} from './opening.js';
import {progress} from './results.js';
import {extent, uploadButtons, modelOfMany, mosaic, takesSets, workOn} from './setparts.js';
import {jobsNewestFirst, listen, loadPictures, loadSets, setValue, state, valuesOf} from './state.js';

const LOADED = 120;  // pictures loaded at a time

/** Show this part of the page: all sets, or one of them. */
export function showSets(main, [id, what]) {
  return id ? what === 'verbs' ? showVerbs(main, id) : showOne(main, id) : showAll(main);
}

// ------------------------------------------------------------------------------------------------------- all sets

function showAll(main) {
  const place = h('div', {class: 'set-list'}), working = h('div', {class: 'jobs'}), held = h('div', {class: 'row'}), anyones = h('div', {class: 'anyones'}, h('p', {class: 'quiet', role: 'status'}, 'Loading …'));
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Sets'),
    h('p', {class: 'quiet'}, 'Folders of pictures for training, comparison and batch processing. Drop a folder anywhere on this page, or choose one.'), uploadButtons(), working, place,
    h('h2', {class: 'apart'}, 'Data sets from packages'),
    h('p', {class: 'quiet'}, 'Created from freely licensed packages. Nothing is downloaded before you confirm; nothing else in the studio uses the network.'), anyones, held));
  const draw = () => {
    const undone = jobsNewestFirst().filter((job) => job.verb === 'data' && job.state !== 'done');
    working.replaceChildren(...undone.map((job) => h('article', {class: 'job'}, h('div', {class: 'body'}, h('h2', {}, `Data set “${job.arguments.name}”`), progress(job)))));
    const sets = state.sets.filter((set) => set.count || !undone.some((job) => job.set === set.id));
    place.replaceChildren(...(sets.length ? sets.map(card) : [h('p', {class: 'empty'}, 'There are no sets yet.')]));
  };
  draw();
  attempt(loadSets);
  attempt(async () => anyones.replaceChildren(...(await api.anyones()).map(offer)));
  attempt(() => showHeld(held));
  const stops = [listen('sets', draw), listen('jobs', draw)];
  return () => stops.forEach((stop) => stop());
}

function card(set) {
  return h('a', {class: 'set', href: `#/sets/${set.id}`, data: {set: set.id}}, mosaic(set), h('strong', {}, set.name), h('span', {class: 'quiet'}, extent(set)));
}

/** The caches: downloaded packages and decoded pictures. */
async function showHeld(place) {
  const held = await api.heldForSets();
  if (!held.packages && !held.data) { place.replaceChildren(); return; }
  place.replaceChildren(
    h('span', {class: 'quiet'}, `${(held.packages / 1e6).toFixed(1)} MB of downloaded packages and ${(held.data / 1e6).toFixed(1)} MB of decoded pictures are cached.`),
    h('button', {type: 'button', class: 'small danger', data: {do: 'clean'}, onclick: async () => {
      if (await sure('Delete the caches? Sets and models are not deleted; packages and pictures are downloaded and decoded again when needed.', 'Delete')) attempt(async () => { await api.clean(); await showHeld(place); });
    }}, 'Clear caches'));
}

/** A data set that can be created, with its dialog. */
function offer(about) {
  const fetches = about.megabytes ? `Downloads ${about.megabytes} MB with ${about.tools.join(' and ')}` : 'No download';
  const begin = () => {
    const verb = state.verbs.find((one) => one.name === 'data');
    const shown = {...verb, fields: verb.fields.filter((field) => !['name', 'packages'].includes(field.name)).map((field) => ({...field, first: true,
      default: {size: about.size, count: about.count}[field.name] ?? field.default, least: {size: about.sizes[0]}[field.name] ?? field.least}))};
    for (const name of Object.keys(valuesOf('data'))) setValue('data', name, null);
    const fields = form(shown);
    const close = () => { fields.close(); dialog.close(); dialog.remove(); };
    const byHand = h('span', {class: 'quiet', role: 'status'});
    const dialog = h('dialog', {class: 'fetch', oncancel: close},
      h('div', {class: 'row'}, h('h2', {}, `Data set “${about.name}”`), iconButton('close', 'Close', close)),
      h('p', {}, `${about.summary}.`), fields.element,
      h('p', {class: 'banner'}, about.megabytes ? `This uses the network: your own ${about.tools.join(' and ')} ${about.tools.length > 1 ? 'download' : 'downloads'} ${about.packages.join(', ')}, ${about.megabytes} MB, unless they are cached. The packages are verified; none of your data is sent.` : 'This does not use the network.'),
      about.packages.length ? h('div', {class: 'row'}, h('button', {type: 'button', class: 'small', data: {do: 'by-hand'}, onclick: async () => {
        const files = (await chooseMany({accept: ''})).map(({file}) => file);
        if (!files.length) return;
        try { setValue('data', 'packages', await sendFiles(files, (share) => { byHand.textContent = `${Math.round(100 * share)} %`; })); byHand.textContent = files.map((file) => file.name).join(', '); } catch (error) { byHand.textContent = error.message; }
      }}, 'Upload the packages instead'), byHand) : null,
      h('p', {class: 'quiet'}, `Licence: ${about.licence}`),
      h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Cancel'),
        h('button', {type: 'button', class: 'main', data: {do: 'fetch'}, onclick: () => attempt(async () => {
          const job = await api.make('data', {name: about.name, ...valuesOf('data')});
          close();
          state.jobs.set(job.id, job);
          toast('The data set is being created. It is listed under Sets when it is done.');
          loadSets();
          scrollTo(0, 0);
        })}, about.megabytes ? 'Download and create' : 'Create')));
    document.body.append(dialog);
    dialog.showModal();
  };
  return h('article', {class: 'offer', data: {anyones: about.name}},
    h('div', {class: 'body'}, h('h3', {}, about.name, ' ', h('span', {class: 'quiet'}, `${about.count} of ${about.size} × ${about.size}`)), h('p', {}, `${about.summary}.`),
      h('p', {class: 'quiet'}, `${fetches} · ${about.licence}`), about.missing ? h('p', {class: 'problem'}, `Missing: ${about.missing}`) : null),
    h('button', {type: 'button', class: 'small', onclick: begin}, 'Create …'));
}

// -------------------------------------------------------------------------------------------------------- one set

function showOne(main, id) {
  const place = h('div', {class: 'page'}), grid = h('ul', {class: 'members'}), more = h('div', {class: 'row'});
  main.append(place);
  let shown = 0;
  const set = () => state.sets.find((one) => one.id === id);
  const draw = () => {
    const one = set();
    if (!one) { place.replaceChildren(h('p', {class: 'empty'}, 'This set does not exist any more. ', h('a', {href: '#/sets'}, 'All sets'))); return; }
    const free = (name, label, onclick, extra = {}) => h('button', {type: 'button', data: {do: name}, onclick, ...extra}, label);
    place.replaceChildren(
      h('a', {class: 'back', href: '#/sets'}, icon('back'), 'All sets'),
      h('div', {class: 'row'}, h('h1', {}, one.name), iconButton('pen', 'Rename', () => rename(one))),
      h('p', {class: 'quiet'}, [extent(one), `${(one.bytes / 1e6).toFixed(1)} MB`, one.licence].filter(Boolean).join(' · ')),
      Object.keys(one.labels).length ? h('p', {class: 'labels'}, Object.entries(one.labels).slice(0, 40).map(([label, count]) => h('span', {class: 'chip'}, `${label} ${count}`))) : '',
      h('div', {class: 'row wrap'},
        free('learn', 'Train on it', () => workOn('train', one, {engine: modelOfMany()}), {class: 'main', disabled: !one.count}),
        free('compare', 'Compare with another set', () => workOn('evaluate', one), {disabled: !one.count}),
        free('dissect', 'Dissect a model with this set', () => workOn('dissect', one), {disabled: !one.count}),
        h('a', {class: 'button', href: `#/sets/${id}/verbs`, data: {do: 'each'}}, 'Batch processing'),
        // Data sets with labels cannot be changed.
        one.whole ? '' : free('more', 'Add pictures', async () => { const files = await chooseMany(); if (files.length) { await fill(one, picturesOf(files).pictures); restart(); } }),
        free('delete', 'Delete', async () => {
          if (await sure(`Delete the set “${one.name}” and its ${one.count} pictures? Models trained on it are not deleted.`, 'Delete')) { await attempt(async () => { await api.removeSet(id); await loadSets(); go('#/sets'); }); }
        }, {class: 'danger'})),
      grid, more);
  };
  const load = () => attempt(async () => {
    const members = await api.members(id, shown, LOADED);
    shown += members.length;
    grid.append(...members.map((member) => cell(member)));
    const rest = (set()?.count ?? 0) - shown;
    more.replaceChildren(rest > 0 ? h('button', {type: 'button', onclick: load}, `Load ${Math.min(rest, LOADED)} of ${rest} more`) : '');
  });
  const cell = (member) => {
    const element = h('li', {}, h('button', {type: 'button', class: 'thumb', title: member.file, 'aria-label': `Open ${member.file}`, onclick: () => attempt(async () => { const picture = await api.useOf(id, member.id); await loadPictures(); state.verb = null; open(picture); })}, h('img', {src: url.member(id, member.id), alt: '', loading: 'lazy'})),
      set()?.whole ? '' : iconButton('close', `Remove ${member.file}`, () => attempt(async () => { await api.takeOut(id, member.id); element.remove(); shown--; await loadSets(); })));
    return element;
  };
  const restart = () => { shown = 0; grid.replaceChildren(); draw(); load(); };
  const rename = (one) => {
    const close = () => { dialog.close(); dialog.remove(); };
    const box = h('input', {type: 'text', id: 'set-name', value: one.name, maxlength: 80});
    const done = () => attempt(async () => { await api.renameSet(id, box.value); await loadSets(); close(); });
    box.addEventListener('keydown', (event) => { if (event.key === 'Enter') done(); });
    const dialog = h('dialog', {oncancel: close}, h('div', {class: 'field'}, h('label', {for: 'set-name'}, 'Name'), box),
      h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Cancel'), h('button', {type: 'button', class: 'main', onclick: done}, 'Rename')));
    document.body.append(dialog);
    dialog.showModal();
  };
  attempt(loadSets).then(restart);
  // Dropped files are added to this set.
  state.taking = async (files) => { const one = set(); if (one?.whole) toast('A data set with labels cannot be changed: create another set for these pictures.'); else if (one) { await fill(one, picturesOf(files).pictures); restart(); } };
  const stop = listen('sets', draw);
  return () => { stop(); state.taking = null; };
}

/** The verbs for batch processing of a set. */
function showVerbs(main, id) {
  const set = state.sets.find((one) => one.id === id);
  if (!set) { go(`#/sets/${id}`); return () => {}; }
  main.append(h('div', {class: 'page'}, h('a', {class: 'back', href: `#/sets/${id}`}, icon('back'), set.name),
    h('h1', {}, `Choose a verb for these ${set.count} pictures`),
    h('ul', {class: 'verbs'}, state.verbs.filter((verb) => takesSets(verb) && !['train', 'evaluate', 'dissect', 'invert', 'directions'].includes(verb.name)).map((verb) => h('li', {}, h('button', {type: 'button', class: 'tile', data: {verb: verb.name}, onclick: () => workOn(verb.name, set)},
      h('img', {src: `${PAGE}verbs/${verb.name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}), h('strong', {}, verb.name.charAt(0).toUpperCase() + verb.name.slice(1)), h('span', {}, verb.summary)))))));
  return () => {};
}

