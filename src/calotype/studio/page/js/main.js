// Entry point of the page: routing, drag and drop, and dark mode.
import {api} from './api.js';
import {h, toast} from './dom.js';
import {state, set, listen, connect, loadPictures, WORKING} from './state.js';
import {uploadPhotos} from './opening.js';
import {dropped} from './files.js';
import {showSending} from './sending.js';
import {uploadSet} from './uploads.js';
import {showMake} from './start.js';

// The other parts of the page are loaded when they are shown, or when there is nothing else to do.
const PARTS = {
  make: async (verb) => { if (verb) await import('./make.js'); return showMake; },
  queue: async () => (await import('./jobs.js')).showWork,
  kept: async () => (await import('./kept.js')).showKept,
  sets: async () => (await import('./sets.js')).showSets,
  models: async () => (await import('./models.js')).showModels,
};
const main = document.getElementById('main');
let leave = () => {}, moved = false, turn = 0;

async function route() {
  const [part, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  const shown = part in PARTS && part !== 'make' ? part : 'make';
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.part === shown) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const now = ++turn;
  leave();
  leave = () => {};
  main.replaceChildren();
  main.className = shown;
  delete main.stage;
  try {
    const show = await PARTS[shown](part);
    if (now !== turn) return;
    const end = await show(main, shown === 'make' ? [part, ...rest] : rest) || (() => {});
    if (now !== turn) { end(); return; }
    leave = end;
  } catch (error) { main.replaceChildren(h('p', {class: 'hero'}, `This part of the page cannot be loaded: reload the page. ${error.message}`)); return; }
  // Move the focus for screen readers.
  if (moved) main.focus({preventScroll: true});
  moved = true;
  scrollTo(0, 0);
}

function theme() {
  const saved = localStorage.getItem('theme');
  if (saved) document.documentElement.dataset.theme = saved;
  document.getElementById('theme').addEventListener('click', () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    localStorage.setItem('theme', dark ? 'light' : 'dark');
  });
}

/** Handle dropped files: open one picture, create a set from several, or add them to the open set. */
async function take(transfer) {
  if (document.querySelector('dialog[open]')) return;
  const {files, folders} = await dropped(transfer);
  if (!files.length) { if (folders.length) toast('This folder is empty.', 'problem'); return; }
  if (state.taking) state.taking(files);
  else if (folders.length || location.hash.startsWith('#/sets')) uploadSet(files);
  else if (files.length > 1) uploadSet(files, uploadPhotos);
  else uploadPhotos(files.map(({file}) => file));
}

function dropping() {
  const veil = document.getElementById('dropping');
  let inside = 0;
  const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
  addEventListener('dragenter', (event) => { if (carriesFiles(event)) { inside++; veil.hidden = false; } });
  addEventListener('dragleave', (event) => { if (carriesFiles(event) && --inside <= 0) { inside = 0; veil.hidden = true; } });
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    inside = 0;
    veil.hidden = true;
    if (event.defaultTaken) return;
    take(event.dataTransfer);
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    if (state.taking) state.taking(files.map((file) => ({file, path: file.name})));
    else uploadPhotos(files);
  });
}

function counting() {
  const count = document.getElementById('work-count');
  listen('jobs', () => {
    const working = [...state.jobs.values()].filter((job) => !job.aside && WORKING.has(job.state)).length;
    count.hidden = !working;
    count.textContent = working;
    count.setAttribute('aria-label', `${working} active`);
    document.title = working ? `(${working}) Calotype studio` : 'Calotype studio';
  });
  const offline = document.getElementById('offline');
  listen('online', (online) => { offline.hidden = online; });
}

async function begin() {
  theme();
  dropping();
  counting();
  showSending();
  connect();
  try {
    const [verbs, pictures, sets] = await Promise.all([api.verbs(), api.pictures(), api.sets()]);
    state.verbs = verbs;
    state.sets = sets;
    set('pictures', pictures);
  } catch (error) {
    main.replaceChildren(h('p', {class: 'hero'}, error.message));
    return;
  }
  addEventListener('hashchange', route);
  await route();
  document.documentElement.dataset.ready = 'yes';
  performance.mark('ready');
  // Loaded in the background, as the server may have to import torch first.
  const engines = async (tries) => {
    try { set('engines', await api.engines()); }
    catch (error) { if (tries) setTimeout(() => engines(tries - 1), 2000); else toast(error.message, 'problem'); }
  };
  engines(5);
  setTimeout(() => import('./make.js'), 0);
}

begin();
export {loadPictures};
