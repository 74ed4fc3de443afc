// What the page knows, and who wants to hear when that changes.
import {api} from './api.js';

const listeners = new Map();

export const state = {
  verbs: [],        // the forms of all verbs
  engines: null,    // what is known of the engines, once the studio has said it
  pictures: [],     // handed in, the newest first
  jobs: new Map(),  // by id
  models: null,
  sets: [],         // of pictures, the newest first
  photo: null,      // the picture that is worked on
  verb: null,       // the form of the verb that was chosen
  values: {},       // by verb: what its fields hold
  result: null,     // {job, file} that is being looked at
  online: false,
};

/** Hear about changes of one of: photo, verb, values, jobs, pictures, sets, result, engines, models, online. */
export function listen(what, heard) {
  if (!listeners.has(what)) listeners.set(what, new Set());
  listeners.get(what).add(heard);
  return () => listeners.get(what).delete(heard);
}

export function changed(what, detail) {
  for (const heard of [...(listeners.get(what) || [])]) heard(detail);
}

export function set(what, value) {
  state[what] = value;
  changed(what, value);
}

/** What the fields of a verb hold; made where it is missing. */
export function valuesOf(verb) {
  return (state.values[verb] ||= {});
}

export function setValue(verb, name, value, from) {
  const values = valuesOf(verb);
  if (value === null || value === undefined || value === '') delete values[name];
  else values[name] = value;
  changed('values', {verb, name, from});
}

export async function loadPictures() {
  set('pictures', await api.pictures());
}

export async function loadSets() {
  set('sets', await api.sets());
}

/** Hear from the server for as long as the page is open; a lost connection is taken up again by the browser. */
export function connect() {
  const source = new EventSource('/api/events');
  source.addEventListener('open', () => set('online', true));
  source.addEventListener('error', () => set('online', false));
  source.addEventListener('jobs', (event) => {
    state.jobs = new Map(JSON.parse(event.data).map((job) => [job.id, job]));
    changed('jobs');
  });
  source.addEventListener('job', (event) => {
    const job = JSON.parse(event.data);
    const ended = job.set && !WORKING.has(job.state) && WORKING.has(state.jobs.get(job.id)?.state ?? 'waiting');
    state.jobs.set(job.id, job);
    changed('jobs', job);
    if (ended) loadSets().catch(() => {});
  });
  source.addEventListener('gone', (event) => {
    state.jobs.delete(JSON.parse(event.data));
    changed('jobs');
  });
}

/** The jobs that somebody asked for; what the page asks by itself is nobody's work. */
export function jobsNewestFirst() {
  return [...state.jobs.values()].filter((job) => !job.aside).sort((a, b) => b.asked - a.asked);
}

export const WORKING = new Set(['waiting', 'working', 'stopping']);
