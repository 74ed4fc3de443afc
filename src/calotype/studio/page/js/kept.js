// The gallery of results marked as saved: found by verb, photo and date, and downloaded together.
import {url} from './api.js';
import {h, icon, renew, save} from './dom.js';
import {photoField} from './opening.js';
import {actions, thumb} from './results.js';
import {jobsNewestFirst, listen, state} from './state.js';

const wanted = {verb: '', photo: '', since: '', until: ''};  // what is looked for; it stays while the page is open

export function showKept(main) {
  const place = h('div', {class: 'kept'}), found = h('p', {class: 'quiet', role: 'status'});
  const verb = h('select', {id: 'kept-verb', onchange: () => look({verb: verb.value})});
  const photo = h('select', {id: 'kept-photo', onchange: () => look({photo: photo.value})});
  const [since, until] = ['since', 'until'].map((name) => h('input', {id: `kept-${name}`, type: 'date', value: wanted[name], onchange: (event) => look({[name]: event.target.value})}));
  const zip = h('button', {type: 'button', class: 'small', data: {do: 'zip'}, onclick: () => save(url.keptArchive({...wanted, since: startOf(wanted.since), until: endOf(wanted.until)}), '')}, icon('down'), h('span', {}));
  const reset = h('button', {type: 'button', class: 'small', data: {do: 'all'}, onclick: () => { since.value = until.value = ''; look({verb: '', photo: '', since: '', until: ''}); }}, 'Show all');
  const search = h('div', {class: 'search', role: 'search'}, [['Verb', verb], ['Photo', photo], ['From', since], ['To', until]].map(([words, input]) => h('div', {class: 'field'}, h('label', {for: input.id}, words), input)));
  let chosen = null;
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Saved'), search, h('div', {class: 'row'}, found, zip, reset), place));
  const look = (more) => { Object.assign(wanted, more); chosen = null; draw(); };
  const draw = () => {
    const all = jobsNewestFirst().flatMap((job) => job.results.filter((made) => made.kept).map((made) => ({job, made})));
    search.hidden = zip.hidden = !all.length;
    choices(verb, 'All verbs', new Map(all.map(({job}) => [job.verb, titleOf(job.verb)])), wanted.verb);
    choices(photo, 'All photos', new Map(all.map(({job, made}) => [photoOf(job) ?? '', nameOf(job, made)]).filter(([id]) => id)), wanted.photo);
    const shown = all.filter(fits), now = shown.find(({job, made}) => job.id === chosen?.job && made.file === chosen.file);
    reset.hidden = shown.length === all.length;
    found.textContent = all.length ? `${shown.length === all.length ? '' : `${shown.length} of `}${all.length} ${all.length === 1 ? 'result' : 'results'}` : '';
    zip.disabled = !shown.length;
    zip.lastChild.textContent = shown.length === all.length ? 'Download all as a zip' : `Download these ${shown.length} as a zip`;
    renew(place, !shown.length ? h('p', {class: 'empty'}, all.length ? 'No saved result is like that.' : 'Saved results are shown here.') : [
      now ? h('div', {class: 'chosen', data: {key: `${now.job.id}/${now.made.file}`}}, /\.mp4$/.test(now.made.file) ? h('video', {src: url.file(now.job.id, now.made.file), controls: true, autoplay: true, loop: true, muted: true}) : h('img', {src: url.file(now.job.id, now.made.file), alt: `Result of ${now.job.verb}`}), actions(now.job, now.made)) : '',
      h('div', {class: 'gallery'}, shown.map(({job, made}) => thumb(job, made, () => { chosen = {job: job.id, file: made.file}; draw(); scrollTo({top: 0}); }, now?.made === made)))]);
  };
  draw();
  const stops = [listen('jobs', draw), listen('pictures', draw)];
  return () => stops.forEach((stop) => stop());
}

function titleOf(verb) {
  return verb.charAt(0).toUpperCase() + verb.slice(1);
}

/** The id of the photo or set that a job is about; undefined if it has none. */
function photoOf(job) {
  return job.arguments[photoField(state.verbs.find((one) => one.name === job.verb))];
}

/** Its name; of a photo that was deleted, what its results are named after. */
function nameOf(job, made) {
  const id = photoOf(job);
  return [...state.pictures, ...state.sets].find((one) => one.id === id)?.name ?? made.file.replace(new RegExp(`_${job.verb}_.*$`), '');
}

/** The seconds since 1970 at which a day of this place starts or ends; empty without one. */
const startOf = (day) => day ? new Date(`${day}T00:00:00`).getTime() / 1000 : '';
const endOf = (day) => day ? startOf(day) + 86400 : '';

function fits({job}) {
  return (!wanted.verb || job.verb === wanted.verb) && (!wanted.photo || photoOf(job) === wanted.photo)
    && (!wanted.since || job.asked >= startOf(wanted.since)) && (!wanted.until || job.asked < endOf(wanted.until));
}

function choices(select, every, names, chosen) {
  renew(select, h('option', {value: ''}, every), [...names].sort((a, b) => a[1] < b[1] ? -1 : 1).map(([value, label]) => h('option', {value, data: {key: value}}, label)));
  if (!names.has(chosen)) chosen = '';
  if (select.value !== chosen) select.value = chosen;
}
