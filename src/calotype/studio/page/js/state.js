// The state of the page, and its listeners.
import {api} from './api.js';

const listeners = new Map();

export const state = {
  verbs: [],        // the forms of all verbs
  choices: null,    // what the verbs are for
  engines: null,    // descriptions of the engines, once loaded
  pictures: [],     // uploaded, newest first
  jobs: new Map(),  // by id
  models: null,
  sets: [],         // newest first
  photo: null,      // the open picture
  verb: null,       // the form of the selected verb
  values: {},       // field values by verb
  result: null,     // {job, file} on the stage
  online: false,
  before: [],       // the photos that the open one was made from, by results that were worked on
  leaving: new Set(),  // ids of jobs, and job/file of results, that are deleted unless that is undone
};

/** Listen to changes of one of: photo, verb, values, jobs, pictures, sets, result, engines, models, online, painted. */
export function listen(what, listener) {
  if (!listeners.has(what)) listeners.set(what, new Set());
  listeners.get(what).add(listener);
  return () => listeners.get(what).delete(listener);
}

export function changed(what, detail) {
  for (const listener of [...(listeners.get(what) || [])]) listener(detail);
}

export function set(what, value) {
  state[what] = value;
  changed(what, value);
}

/** The field values of a verb. */
export function valuesOf(verb) {
  return (state.values[verb] ||= {});
}

export function setValue(verb, name, value, from) {
  const values = valuesOf(verb);
  if (value === null || value === undefined || value === '') delete values[name];
  else values[name] = value;
  changed('values', {verb, name, from});
}

/** The inputs that the chosen model of a verb takes, kinds by name; undefined if none is chosen. */
export function takenBy(verb) {
  const name = verb.fields.find((field) => field.kind === 'model')?.name;
  return (state.models || []).find((one) => one.name === valuesOf(verb.name)[name])?.takes?.[verb.name];
}

export async function loadPictures() {
  set('pictures', await api.pictures());
}

export async function loadSets() {
  set('sets', await api.sets());
}

/** Subscribe to the server's events; the browser reconnects automatically. */
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

/** The jobs in display order, without hidden ones, and without what is about to be deleted. */
export function jobsNewestFirst() {
  const jobs = [...state.jobs.values()].filter((job) => !job.aside && !state.leaving.has(job.id)).sort((a, b) => b.asked - a.asked);
  return state.leaving.size ? jobs.map(remaining) : jobs;
}

/** A job without the results that are about to be deleted. */
export function remaining(job) {
  const results = job.results.filter((made) => !state.leaving.has(`${job.id}/${made.file}`));
  return results.length === job.results.length ? job : {...job, results};
}

export const WORKING = new Set(['waiting', 'working', 'stopping']);
