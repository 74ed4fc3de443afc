// The results marked as saved.
import {url} from './api.js';
import {h, renew} from './dom.js';
import {actions, thumb} from './results.js';
import {jobsNewestFirst, listen} from './state.js';

export function showKept(main) {
  const place = h('div', {class: 'kept'});
  let chosen = null;
  main.append(h('div', {class: 'page'}, h('h1', {}, 'Saved'), place));
  const draw = () => {
    const all = jobsNewestFirst().flatMap((job) => job.results.filter((made) => made.kept).map((made) => ({job, made})));
    if (!all.length) { renew(place, h('p', {class: 'empty'}, 'Saved results are shown here.')); return; }
    const now = all.find(({job, made}) => job.id === chosen?.job && made.file === chosen.file);
    renew(place,
      now ? h('div', {class: 'chosen', data: {key: `${now.job.id}/${now.made.file}`}}, /\.mp4$/.test(now.made.file) ? h('video', {src: url.file(now.job.id, now.made.file), controls: true, autoplay: true, loop: true, muted: true}) : h('img', {src: url.file(now.job.id, now.made.file), alt: `Result of ${now.job.verb}`}), actions(now.job, now.made)) : '',
      h('div', {class: 'gallery'}, all.map(({job, made}) => thumb(job, made, () => { chosen = {job: job.id, file: made.file}; draw(); scrollTo({top: 0}); }, now?.made === made))));
  };
  draw();
  return listen('jobs', draw);
}
