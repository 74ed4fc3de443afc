// Results and progress of jobs: thumbnails, actions and progress cards.
import {api, sentence, url} from './api.js';
import {attempt, duration, go, h, icon, iconButton, save, sure, toast} from './dom.js';
import {leave} from './leaving.js';
import {uploadPhotos, open, photoField, restore} from './opening.js';
import {nextSeed, varies} from './seeds.js';
import {changed, loadPictures, loadSets, set, state, WORKING} from './state.js';

const WORDS = {waiting: 'Queued', working: 'Running', stopping: 'Stopping', stopped: 'Stopped', failed: 'Failed', done: 'Done'};

/** A result in words: its verb, its engine if one was chosen, its seed. */
export function nameOfResult(job, made) {
  return [job.verb, job.arguments.engine, `seed ${made.seed}`].filter(Boolean).join(', ');
}

/** The thumbnail of a result; films are played. */
export function thumb(job, made, onclick, pressed = null) {
  const moving = /\.(gif|mp4)$/.test(made.file);
  const picture = /\.mp4$/.test(made.file)
    ? h('video', {src: url.file(job.id, made.file), muted: true, autoplay: true, loop: true})
    : h('img', {src: moving ? url.file(job.id, made.file) : url.small(job.id, made.file), alt: '', loading: 'lazy'});
  return h('button', {type: 'button', class: `thumb ${made.kept ? 'kept' : ''}`, onclick, 'aria-pressed': pressed, 'aria-label': `${nameOfResult(job, made)}${made.kept ? ', saved' : ''}`, title: nameOfResult(job, made), data: {result: made.file, key: `${job.id}/${made.file}`}}, picture, made.kept ? icon('kept') : null);
}

/** A result as it is now: the page's listeners may be older than it. */
function latest(job, made) {
  return state.jobs.get(job.id)?.results.find((one) => one.file === made.file) ?? made;
}

/** Ask for one more result with the settings of a job, and the next seed. */
async function another(job) {
  const verb = state.verbs.find((one) => one.name === job.verb);
  const seed = nextSeed(verb, job.arguments[photoField(verb) || 'model']);
  const made = await api.make(job.verb, {...job.arguments, ...(verb.fields.some((field) => field.name === 'n') ? {n: 1} : {}), seed});
  if (!state.jobs.has(made.id)) { state.jobs.set(made.id, made); changed('jobs', made); }
  toast(`Asked for another one, with seed ${seed}.`);
}

/** The actions for a result. */
export function actions(job, made, after = () => {}, {held = false, hold = null} = {}) {
  const verb = state.verbs.find((one) => one.name === job.verb);
  const film = !/\.png$/.test(made.file) || job.verb === 'animate';
  const action = (name, label, onclick, more = {}) => h('button', {type: 'button', class: 'action', onclick, data: {action: name}, ...more}, icon(name === 'keep' && made.kept ? 'kept' : ICONS[name]), h('span', {}, label));
  return h('div', {class: 'actions', role: 'toolbar', 'aria-label': 'Actions for this result'},
    action('keep', made.kept ? 'Saved' : 'Save', () => attempt(() => api.keep(job.id, made.file, !latest(job, made).kept)), {'aria-pressed': made.kept}),
    verb && varies(verb) && action('another', 'Another', () => attempt(() => another(job))),
    !film && action('use', 'Work on this', () => attempt(async () => { const picture = await api.use(job.id, made.file); await loadPictures(); goOn(picture); })),
    hold && action('compare', 'Compare', () => hold(job, latest(job, made)), {'aria-pressed': held, title: 'Compare other results with this one'}),
    action('save', 'Download', () => save(url.file(job.id, made.file), made.file)),
    !film && action('save-as', 'Save as …', () => saveAs(job, made)),
    made.beside?.length > 0 && action('files', 'Download all files', () => save(url.files(job.id, made.file), ''), {title: 'The picture and all that belongs to it, as a zip file'}),
    made.film && action('film', 'Download film', () => save(url.file(job.id, made.film), made.film)),
    action('how', 'Settings', () => attempt(() => showSettings(job, made))),
    action('discard', 'Delete', async () => {
      if (latest(job, made).kept && !await sure('This result is saved. Delete it?', 'Delete')) return;
      leave(`${job.id}/${made.file}`, 'Deleted.', () => api.discard(job.id, made.file));
      after();
    }, {class: 'action danger'}));
}

/** Open a result in the verb that is shown, or in the chooser, and remember where it came from. */
function goOn(picture) {
  const shown = location.hash.replace(/^#\/?/, '').split('/')[0];
  if (shown !== state.verb?.name || !photoField(state.verb)) set('verb', null);
  else if (state.photo) state.before.push(state.photo);
  open(picture);
}

const ICONS = {keep: 'heart', another: 'dice', use: 'next', compare: 'flip', save: 'down', 'save-as': 'down', film: 'down', files: 'down', how: 'how', discard: 'trash'};

const chosen = {form: 'jpeg', quality: 92, settings: true};  // what was saved as last

/** Ask for a format, and download a result in it. */
function saveAs(job, made) {
  const close = () => { dialog.close(); dialog.remove(); };
  const form = h('select', {id: 'save-form', onchange: () => { chosen.form = form.value; show(); }}, [['jpeg', 'JPEG'], ['webp', 'WebP'], ['png', 'PNG']].map(([value, label]) => h('option', {value, selected: value === chosen.form}, label)));
  const quality = h('input', {id: 'save-quality', type: 'range', min: 40, max: 100, value: chosen.quality, oninput: () => { chosen.quality = Number(quality.value); show(); }});
  const settings = h('input', {id: 'save-settings', type: 'checkbox', checked: chosen.settings, onchange: () => { chosen.settings = settings.checked; }});
  const said = h('output', {class: 'quiet'}), row = h('div', {class: 'field'}, h('label', {for: 'save-quality'}, 'Quality'), h('div', {class: 'row'}, quality, said));
  const show = () => { row.hidden = chosen.form === 'png'; said.textContent = chosen.form === 'webp' && chosen.quality === 100 ? 'lossless' : chosen.quality; };
  const dialog = h('dialog', {class: 'told', oncancel: close},
    h('div', {class: 'row'}, h('h2', {}, 'Save as'), iconButton('close', 'Close', close)),
    h('div', {class: 'field'}, h('label', {for: 'save-form'}, 'Format'), form), row,
    h('label', {class: 'check', for: 'save-settings'}, settings, 'With the settings that repeat it'),
    h('p', {class: 'help'}, 'What it was made with, its date, author and copyright stay in the file; nothing else of the camera is in it.'),
    h('div', {class: 'row end'}, h('button', {type: 'button', class: 'main', data: {do: 'save-as'}, onclick: () => { save(url.exported(job.id, made.file, chosen), ''); close(); }}, 'Save')));
  show();
  document.body.append(dialog);
  dialog.showModal();
}

/** Show the settings of a result, with buttons to copy its command and to restore the form. */
async function showSettings(job, made) {
  const settings = await api.made(job.id, made.file);
  const close = () => { dialog.close(); dialog.remove(); };
  const command = h('code', {class: 'command', tabindex: 0}, settings.command);
  const dialog = h('dialog', {class: 'told', oncancel: close},
    h('div', {class: 'row'}, h('h2', {}, 'Settings'), iconButton('close', 'Close', close)),
    h('p', {}, `${settings.verb}, seed ${made.seed}, ${duration(made.seconds)}. These settings are stored in the picture. This command reproduces it:`),
    command,
    h('div', {class: 'row end'},
      h('button', {type: 'button', onclick: async () => { await navigator.clipboard?.writeText(settings.command); toast('Copied'); }}, 'Copy command'),
      h('button', {type: 'button', class: 'main', onclick: () => { close(); attempt(() => restore(settings)); }}, 'Restore in form')));
  document.body.append(dialog);
  dialog.showModal();
}

/** The progress card of a job: preview, progress bar and buttons. */
export function progress(job) {
  const working = WORKING.has(job.state);
  const last = job.previews.at(-1);
  const about = [job.stage, job.left ? `about ${duration(job.left)} left` : ''].filter(Boolean).join(' · ');
  const line = job.state === 'working' ? about || 'Starting' : job.message ? sentence(job.message.replace(/^stopped:?\s+/i, '')) : job.state === 'waiting' ? '' : WORDS[job.state];
  return h('div', {class: `progress ${job.state}`, data: {job: job.id, key: `${job.id} ${working ? 'at work' : job.state}`}},
    working || (last && job.state !== 'done') ? h('div', {class: 'preview'}, last ? h('img', {src: `${url.file(job.id, last)}?${Math.round(job.share * 1000)}`, alt: 'Preview'}) : h('div', {class: 'shimmer'})) : null,
    h('div', {class: 'state'},
      h('p', {class: 'what'}, h('strong', {}, job.state === 'working' ? title(job) : WORDS[job.state]), ' ', h('span', {class: job.state === 'failed' ? 'problem' : 'quiet'}, line)),
      working ? h('progress', {max: 1, value: job.state === 'waiting' ? 0 : job.share, 'aria-label': `${Math.round(job.share * 100)} percent done`}) : null,
      h('div', {class: 'row'},
        working && h('button', {type: 'button', class: 'small', data: {do: 'stop'}, onclick: () => attempt(() => api.stop(job.id))}, icon('stop'), job.state === 'stopping' ? 'Stop now' : 'Stop'),
        ['stopped', 'failed'].includes(job.state) && h('button', {type: 'button', class: 'small', data: {do: 'continue'}, onclick: () => attempt(() => api.goOn(job.id))}, icon('play'), job.state === 'failed' ? 'Retry' : 'Resume'),
        ['stopped', 'failed'].includes(job.state) && h('button', {type: 'button', class: 'small', data: {do: 'remove'}, onclick: () => leave(job.id, 'The job is deleted.', () => api.remove(job.id))}, 'Delete'))));
}

function title(job) {
  const made = job.results.length;
  return job.count > 1 ? `${made} of ${job.count} done` : {train: 'Training', evaluate: 'Evaluating', dissect: 'Dissecting', invert: 'Inverting', align: 'Aligning', directions: 'Learning', data: 'Creating the data set'}[job.verb] || 'Running';
}

/** The actions for all results of a job. */
export function jobActions(job, shown) {
  const pictures = job.results.filter((made) => /\.png$/.test(made.file)).length, rest = job.results.length - shown;
  return h('div', {class: 'together', data: {key: `${job.id} together`}}, rest > 0 ? h('p', {class: 'quiet'}, `and ${rest} more`) : null,
    h('button', {type: 'button', class: 'small', data: {do: 'save-all'}, onclick: () => save(url.archive(job.id), '')}, icon('down'), `Download all ${job.results.length}`),
    pictures > 1 && h('button', {type: 'button', class: 'small', data: {do: 'sheet'}, onclick: () => save(url.sheet(job.id), `${nameOf(job)} sheet.png`)}, icon('down'), 'Contact sheet'),
    pictures > 1 && !WORKING.has(job.state) ? h('button', {type: 'button', class: 'small', data: {do: 'as-set'}, onclick: () => attempt(async () => {
      const set = await api.newSet(nameOf(job), job.id);
      await loadSets();
      toast(`The set “${set.name}” was created.`);
      go(`#/sets/${set.id}`);
    })}, icon('folder'), 'Create a set') : null);
}

function nameOf(job) {
  return `${job.results[0].file.replace(/_\w+_\d+.*$/, '')} ${job.verb}`.slice(0, 80);
}

export {uploadPhotos, WORDS};
