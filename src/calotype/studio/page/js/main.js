// Entry point of the page: routing, drag and drop, and dark mode.
import {api} from './api.js';
import {h, toast} from './dom.js';
import {state, set, listen, connect, loadPictures, WORKING} from './state.js';
import {showMake} from './make.js';
import {uploadPhotos} from './opening.js';
import {showWork} from './jobs.js';
import {showKept} from './kept.js';
import {showModels} from './models.js';
import {dropped} from './files.js';
import {showSending} from './sending.js';
import {uploadSet} from './uploads.js';
import {showSets} from './sets.js';

const PARTS = {make: showMake, queue: showWork, kept: showKept, sets: showSets, models: showModels};
const main = document.getElementById('main');
let leave = () => {}, moved = false;

function route() {
  const [part, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  const shown = part in PARTS && part !== 'make' ? part : 'make';
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.part === shown) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  leave();
  main.replaceChildren();
  main.className = shown;
  leave = PARTS[shown](main, shown === 'make' ? [part, ...rest] : rest) || (() => {});
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
    const [verbs, choices, pictures, sets] = await Promise.all([api.verbs(), api.choices(), api.pictures(), api.sets()]);
    Object.assign(state, {verbs, choices});
    state.sets = sets;
    set('pictures', pictures);
  } catch (error) {
    main.replaceChildren(h('p', {class: 'hero'}, error.message));
    return;
  }
  addEventListener('hashchange', route);
  route();
  document.documentElement.dataset.ready = 'yes';
  performance.mark('ready');
  // Loaded in the background, as the server may have to import torch first.
  const engines = async (tries) => {
    try { set('engines', await api.engines()); }
    catch (error) { if (tries) setTimeout(() => engines(tries - 1), 2000); else toast(error.message, 'problem'); }
  };
  engines(5);
}

begin();
export {loadPictures};
