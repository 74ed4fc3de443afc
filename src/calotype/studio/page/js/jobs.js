// The queue: everything that was asked for, the newest first.
import {api, url} from './api.js';
import {go, h, iconButton, sure} from './dom.js';
import {photoField} from './photo.js';
import {attempt, progress, report, thumb} from './results.js';
import {jobsNewestFirst, listen, set, state, WORKING} from './state.js';

export function showWork(main) {
  const list = h('div', {class: 'jobs'});
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Work'), h('p', {class: 'quiet'}, 'Work goes on when this page is closed, and where it was when the studio is started again.'), list));
  const draw = () => {
    const jobs = jobsNewestFirst();
    list.replaceChildren(...(jobs.length ? jobs.map(card) : [h('p', {class: 'empty'}, 'Nothing was asked for yet. ', h('a', {href: '#/'}, 'Begin with a photo'), '.')]));
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

function card(job) {
  const photo = photoOf(job);
  return h('article', {class: `job ${job.state}`, data: {job: job.id}},
    photo ? h('button', {type: 'button', class: 'thumb', 'aria-label': `Work on ${photo.name}`, onclick: () => back(job, photo)}, h('img', {src: url.thumbnail(photo.id), alt: ''})) : h('div', {class: 'thumb'}),
    h('div', {class: 'body'},
      h('h2', {}, job.verb.charAt(0).toUpperCase() + job.verb.slice(1), ' ', h('span', {class: 'quiet'}, `${photo ? photo.name : ''} · ${when(job.asked)}`)),
      job.state !== 'done' ? progress(job) : null,
      job.report ? report(job) : null,
      job.results.length ? h('div', {class: 'rail'}, job.results.map((made) => thumb(job, made, () => back(job, photo, made)))) : null,
      job.model ? h('a', {href: '#/models'}, 'Look at the model') : null),
    WORKING.has(job.state) || job.state === 'stopped' || job.state === 'failed' ? null : iconButton('trash', 'Remove this job and its results', async () => {
      if (await sure('Remove this job and its results?', 'Remove')) attempt(() => api.remove(job.id));
    }));
}

/** Back to where it was asked for, a result in view. */
function back(job, photo, made = null) {
  if (!photo && photoField(verbOf(job))) return;
  if (photo) set('photo', photo);
  state.verb = verbOf(job);
  state.result = made ? {job: job.id, file: made.file} : null;
  go(`#/${job.verb}`);
}

function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'short'});
}
