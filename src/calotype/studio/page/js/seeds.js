// Seeds: every press makes a new picture, unless a seed is given.
import {photoField} from './opening.js';
import {state} from './state.js';

const FIXED = new Set(['train', 'evaluate', 'segment', 'data']);  // verbs whose seed does not make another picture

/** Whether a verb makes other pictures with other seeds. */
export function varies(verb) {
  return !FIXED.has(verb.name) && verb.fields.some((field) => field.kind === 'seed');
}

/** The first seed that no job of a verb has used for this input (a photo, a set or, without one, a model). */
export function nextSeed(verb, input) {
  const about = photoField(verb) || 'model';
  const used = [...state.jobs.values()].filter((job) => job.verb === verb.name && !job.aside && (job.arguments[about] ?? null) === (input ?? null));
  return used.reduce((next, job) => Math.max(next, (job.arguments.seed ?? 0) + (job.arguments.n ?? 1)), 0);
}
