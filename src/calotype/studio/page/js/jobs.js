// The list of jobs, newest first.
import {api, url} from './api.js';
import {go, h, iconButton, renew} from './dom.js';
import {leave} from './leaving.js';
import {photoField} from './opening.js';
import {report} from './report.js';
import {jobActions, progress, thumb} from './results.js';
import {mosaic, workOn} from './setparts.js';
import {jobsNewestFirst, listen, set, setValue, state, WORKING} from './state.js';

export function showWork(main) {
  const list = h('div', {class: 'jobs'});
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Jobs'), h('p', {class: 'quiet'}, 'Jobs continue when this page is closed, and resume when the studio is restarted.'), list));
  const draw = () => {
    const jobs = jobsNewestFirst();
    renew(list, jobs.length ? jobs.map(card) : h('p', {class: 'empty'}, 'There are no jobs yet. ', h('a', {href: '#/'}, 'Start with a photo'), '.'));
  };
  draw();
  return listen('jobs', draw);
}

function verbOf(job) {
  return state.verbs.find((verb) => verb.name === job.verb);
}

function photoOf(job) {
  const name = photoField(verbOf(job));
  return state.pictures.find((picture) => picture.id === job.arguments[name]);
}

function setOf(job) {
  const id = job.set || job.arguments[photoField(verbOf(job))];
  return state.sets.find((set) => set.id === id);
}

const MOST_SHOWN = 24;

function card(job) {
  const photo = photoOf(job), many = setOf(job);
  return h('article', {class: `job ${job.state}`, data: {job: job.id, key: job.id}},
    photo ? h('button', {type: 'button', class: 'thumb', 'aria-label': `Open ${photo.name}`, onclick: () => back(job, photo)}, h('img', {src: url.thumbnail(photo.id), alt: ''})) : many?.count ? h('a', {class: 'thumb', href: `#/sets/${many.id}`, 'aria-label': `The set ${many.name}`}, mosaic(many)) : null,
    h('div', {class: 'body'},
      h('h2', {}, job.verb.charAt(0).toUpperCase() + job.verb.slice(1), ' ', h('span', {class: 'quiet'}, [(photo || many)?.name ?? state.models?.find((one) => one.name === job.arguments.model)?.photo, when(job.asked)].filter(Boolean).join(' · '))),
      job.state !== 'done' || job.message ? progress(job) : null,
      job.report ? report(job) : null,
      job.results.length ? h('div', {class: 'rail'}, job.results.length > 1 ? jobActions(job, MOST_SHOWN) : null, job.results.slice(0, MOST_SHOWN).map((made) => thumb(job, made, () => back(job, photo, made)))) : null,
      job.model && job.state === 'done' ? h('a', {href: '#/models'}, 'Show model') : null,
      job.set && job.state === 'done' ? h('a', {href: `#/sets/${job.set}`}, 'Show set') : null),
    WORKING.has(job.state) || job.state === 'stopped' || job.state === 'failed' ? null : iconButton('trash', 'Delete this job and its results', () => leave(job.id, 'The job and its results are deleted.', () => api.remove(job.id))));
}

/** Open the workspace of a job, with a result on the stage. */
function back(job, photo, made = null) {
  const verb = verbOf(job), many = setOf(job);
  if (!photo && !many && photoField(verb)) return;
  if (photo) { set('photo', photo); setValue(verb.name, photoField(verb), null); }
  state.verb = verb;
  const result = made ? {job: job.id, file: made.file} : null;
  if (many && photoField(verb)) { workOn(verb.name, many); state.result = result; return; }
  state.result = result;
  go(`#/${job.verb}`);
}

function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'short'});
}
