// Sets of pictures: handed in, looked at, used; and those that anyone can have.
import {api, url} from './api.js';
import {go, h, icon, iconButton, sure, toast} from './dom.js';
import {chooseMany, picturesOf} from './files.js';
import {form} from './form.js';
import {fill, sendParcel} from './handing.js';
import {open} from './opening.js';
import {attempt, progress} from './results.js';
import {extent, handButtons, modelOfMany, mosaic, takesSets, workOn} from './setparts.js';
import {jobsNewestFirst, listen, loadPictures, loadSets, setValue, state, valuesOf} from './state.js';

const PAGE = 120;  // pictures that are shown at a time

/** Show the part: all sets, or one of them. */
export function showSets(main, [id, what]) {
  return id ? what === 'verbs' ? showVerbs(main, id) : showOne(main, id) : showAll(main);
}

// ------------------------------------------------------------------------------------------------------- all sets

function showAll(main) {
  const place = h('div', {class: 'set-list'}), working = h('div', {class: 'jobs'}), held = h('div', {class: 'row'}), anyones = h('div', {class: 'anyones'}, h('p', {class: 'quiet', role: 'status'}, 'Looking …'));
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Sets'),
    h('p', {class: 'quiet'}, 'Many pictures together: to learn from, to compare, or to do the same with each. Drop a folder here, or'), handButtons(), working, place,
    h('h2', {class: 'apart'}, 'Sets that anyone can have'),
    h('p', {class: 'quiet'}, 'Made from freely licensed packages. Nothing is fetched before you say so: these are the only thing in the studio that asks the network.'), anyones, held));
  const draw = () => {
    const undone = jobsNewestFirst().filter((job) => job.verb === 'data' && job.state !== 'done');
    working.replaceChildren(...undone.map((job) => h('article', {class: 'job'}, h('div', {class: 'body'}, h('h2', {}, `The set “${job.arguments.name}”`), progress(job)))));
    const sets = state.sets.filter((set) => set.count || !undone.some((job) => job.set === set.id));
    place.replaceChildren(...(sets.length ? sets.map(card) : [h('p', {class: 'empty'}, 'There is no set yet.')]));
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

/** What takes room though all of it can be had again: fetched packages, decoded pictures. */
async function showHeld(place) {
  const held = await api.heldForSets();
  if (!held.packages && !held.data) { place.replaceChildren(); return; }
  place.replaceChildren(
    h('span', {class: 'quiet'}, `${(held.packages / 1e6).toFixed(1)} MB of fetched packages and ${(held.data / 1e6).toFixed(1)} MB of decoded pictures are kept, so that they are there the next time.`),
    h('button', {type: 'button', class: 'small danger', data: {do: 'clean'}, onclick: async () => {
      if (await sure('Delete what was fetched and decoded? Sets and models stay; it is fetched and decoded again when it is needed.', 'Delete')) attempt(async () => { await api.clean(); await showHeld(place); });
    }}, 'Delete them'));
}

/** A set that anyone can have, before it is made. */
function offer(about) {
  const fetches = about.megabytes ? `${about.tools.join(' and ')} ${about.tools.length > 1 ? 'fetch' : 'fetches'} ${about.megabytes} MB` : 'Nothing is fetched';
  const begin = () => {
    const verb = state.verbs.find((one) => one.name === 'data');
    const shown = {...verb, fields: verb.fields.filter((field) => !['name', 'packages'].includes(field.name)).map((field) => ({...field, first: true,
      default: {size: about.size, count: about.count}[field.name] ?? field.default, least: {size: about.sizes[0]}[field.name] ?? field.least}))};
    for (const name of Object.keys(valuesOf('data'))) setValue('data', name, null);
    const fields = form(shown);
    const close = () => { fields.close(); dialog.close(); dialog.remove(); };
    const byHand = h('span', {class: 'quiet', role: 'status'});
    const dialog = h('dialog', {class: 'fetch', oncancel: close},
      h('div', {class: 'row'}, h('h2', {}, `The set “${about.name}”`), iconButton('close', 'Close', close)),
      h('p', {}, `${about.summary}.`), fields.element,
      h('p', {class: 'banner'}, about.megabytes ? `This asks the network: your own ${about.tools.join(' and ')} ${about.tools.length > 1 ? 'fetch' : 'fetches'} ${about.packages.join(', ')}, ${about.megabytes} MB, unless they are here already. They are checked, and nothing of yours is sent.` : 'This asks nothing of the network.'),
      about.packages.length ? h('div', {class: 'row'}, h('button', {type: 'button', class: 'small', data: {do: 'by-hand'}, onclick: async () => {
        const files = (await chooseMany({accept: ''})).map(({file}) => file);
        if (!files.length) return;
        try { setValue('data', 'packages', await sendParcel(files, (share) => { byHand.textContent = `${Math.round(100 * share)} %`; })); byHand.textContent = files.map((file) => file.name).join(', '); } catch (error) { byHand.textContent = error.message; }
      }}, 'I have fetched them by hand'), byHand) : null,
      h('p', {class: 'quiet'}, `Licence: ${about.licence}`),
      h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Leave it'),
        h('button', {type: 'button', class: 'main', data: {do: 'fetch'}, onclick: () => attempt(async () => {
          const job = await api.make('data', {name: about.name, ...valuesOf('data')});
          close();
          state.jobs.set(job.id, job);
          toast('It is made now. It stands among the sets when it is done.');
          loadSets();
          scrollTo(0, 0);
        })}, about.megabytes ? 'Fetch and make it' : 'Make it')));
    document.body.append(dialog);
    dialog.showModal();
  };
  return h('article', {class: 'offer', data: {anyones: about.name}},
    h('div', {class: 'body'}, h('h3', {}, about.name, ' ', h('span', {class: 'quiet'}, `${about.count} of ${about.size} × ${about.size}`)), h('p', {}, `${about.summary}.`),
      h('p', {class: 'quiet'}, `${fetches} · ${about.licence}`), about.missing ? h('p', {class: 'problem'}, `Missing here: ${about.missing}`) : null),
    h('button', {type: 'button', class: 'small', onclick: begin}, 'Get it …'));
}

// -------------------------------------------------------------------------------------------------------- one set

function showOne(main, id) {
  const place = h('div', {class: 'page'}), grid = h('ul', {class: 'members'}), more = h('div', {class: 'row'});
  main.append(place);
  let shown = 0;
  const set = () => state.sets.find((one) => one.id === id);
  const draw = () => {
    const one = set();
    if (!one) { place.replaceChildren(h('p', {class: 'empty'}, 'This set is not here any more. ', h('a', {href: '#/sets'}, 'All sets'))); return; }
    const free = (name, label, onclick, extra = {}) => h('button', {type: 'button', data: {do: name}, onclick, ...extra}, label);
    place.replaceChildren(
      h('a', {class: 'back', href: '#/sets'}, icon('back'), 'All sets'),
      h('div', {class: 'row'}, h('h1', {}, one.name), iconButton('pen', 'Rename it', () => rename(one))),
      h('p', {class: 'quiet'}, [extent(one), `${(one.bytes / 1e6).toFixed(1)} MB`, one.licence].filter(Boolean).join(' · ')),
      Object.keys(one.labels).length ? h('p', {class: 'labels'}, Object.entries(one.labels).slice(0, 40).map(([label, count]) => h('span', {class: 'chip'}, `${label} ${count}`))) : '',
      h('div', {class: 'row wrap'},
        free('learn', 'Learn from it', () => workOn('train', one, {engine: modelOfMany()}), {class: 'main', disabled: !one.count}),
        free('compare', 'Compare it with another', () => workOn('evaluate', one), {disabled: !one.count}),
        h('a', {class: 'button', href: `#/sets/${id}/verbs`, data: {do: 'each'}}, 'Do the same with each'),
        // Samples belong together as they are: nothing is added to them or taken out.
        one.whole ? '' : free('more', 'Add pictures', async () => { const files = await chooseMany(); if (files.length) { await fill(one, picturesOf(files).pictures); restart(); } }),
        free('delete', 'Delete', async () => {
          if (await sure(`Delete the set “${one.name}” and its ${one.count} pictures? What was learned from it stays.`, 'Delete')) { await attempt(async () => { await api.removeSet(id); await loadSets(); go('#/sets'); }); }
        }, {class: 'danger'})),
      grid, more);
  };
  const load = () => attempt(async () => {
    const members = await api.members(id, shown, PAGE);
    shown += members.length;
    grid.append(...members.map((member) => cell(member)));
    const rest = (set()?.count ?? 0) - shown;
    more.replaceChildren(rest > 0 ? h('button', {type: 'button', onclick: load}, `Show ${Math.min(rest, PAGE)} more of ${rest}`) : '');
  });
  const cell = (member) => {
    const element = h('li', {}, h('button', {type: 'button', class: 'thumb', title: member.file, 'aria-label': `Work on ${member.file}`, onclick: () => attempt(async () => { const picture = await api.useOf(id, member.id); await loadPictures(); state.verb = null; open(picture); })}, h('img', {src: url.member(id, member.id), alt: '', loading: 'lazy'})),
      set()?.whole ? '' : iconButton('close', `Take out ${member.file}`, () => attempt(async () => { await api.takeOut(id, member.id); element.remove(); shown--; await loadSets(); })));
    return element;
  };
  const restart = () => { shown = 0; grid.replaceChildren(); draw(); load(); };
  const rename = (one) => {
    const close = () => { dialog.close(); dialog.remove(); };
    const box = h('input', {type: 'text', id: 'set-name', value: one.name, maxlength: 80});
    const done = () => attempt(async () => { await api.renameSet(id, box.value); await loadSets(); close(); });
    box.addEventListener('keydown', (event) => { if (event.key === 'Enter') done(); });
    const dialog = h('dialog', {oncancel: close}, h('div', {class: 'field'}, h('label', {for: 'set-name'}, 'What to call it'), box),
      h('div', {class: 'row end'}, h('button', {type: 'button', onclick: close}, 'Leave it'), h('button', {type: 'button', class: 'main', onclick: done}, 'Rename it')));
    document.body.append(dialog);
    dialog.showModal();
  };
  attempt(loadSets).then(restart);
  // What is dropped here is for this set.
  state.taking = async (files) => { const one = set(); if (one?.whole) toast('This set belongs together as it is: make another one for these pictures.'); else if (one) { await fill(one, picturesOf(files).pictures); restart(); } };
  const stop = listen('sets', draw);
  return () => { stop(); state.taking = null; };
}

/** What can be done with every photo of a set. */
function showVerbs(main, id) {
  const set = state.sets.find((one) => one.id === id);
  if (!set) { go(`#/sets/${id}`); return () => {}; }
  main.append(h('div', {class: 'page'}, h('a', {class: 'back', href: `#/sets/${id}`}, icon('back'), set.name),
    h('h1', {}, `What shall become of each of these ${set.count}?`),
    h('ul', {class: 'verbs'}, state.verbs.filter((verb) => takesSets(verb) && !['train', 'evaluate'].includes(verb.name)).map((verb) => h('li', {}, h('button', {type: 'button', class: 'tile', data: {verb: verb.name}, onclick: () => workOn(verb.name, set)},
      h('img', {src: `/page/verbs/${verb.name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}), h('strong', {}, verb.name.charAt(0).toUpperCase() + verb.name.slice(1)), h('span', {}, verb.summary)))))));
  return () => {};
}

