// The part where things are made: a photo, what to do with it, how, and what came of it.
import {api, url} from './api.js';
import {duration, go, h, icon} from './dom.js';
import {form, isPainted} from './form.js';
import {hero, photoField, recent, restore} from './photo.js';
import {actions, attempt, progress, report, thumb} from './results.js';
import {bareStage, stage} from './stage.js';
import {changed, jobsNewestFirst, listen, set, state, valuesOf, WORKING} from './state.js';

const WAIT = 500;  // milliseconds without a change before it is asked what a job would take

/** Show the part; returns what is to be done when it is left. */
export function showMake(main, [name]) {
  const verb = state.verbs.find((one) => one.name === name) || null;
  if (state.verb?.name !== verb?.name) { state.result = null; state.verb = verb; }
  if (verb && !photoField(verb)) return workspace(main, verb, null);
  if (!state.photo) {
    if (!state.pictures.length || !verb) { main.append(hero()); return () => {}; }
    set('photo', state.pictures.find((picture) => !picture.part) || null);
    if (verb && !photoField(verb)) return workspace(main, verb, null);
  if (!state.photo) { main.append(hero()); return () => {}; }
  }
  return verb ? workspace(main, verb, state.photo) : chooser(main);
}

// ------------------------------------------------------------------------------------------------- which verb

function chooser(main) {
  const photo = state.photo;
  const banner = photo.made ? h('p', {class: 'banner'}, `Calotype made this picture (${photo.made}). `,
    h('button', {type: 'button', class: 'small', onclick: () => attempt(async () => restore(await api.settings(await (await fetch(url.picture(photo.id))).blob())))}, 'How? Set the form like that')) : null;
  main.append(h('div', {class: 'chooser'},
    h('aside', {},
      h('figure', {class: 'photo'}, h('img', {src: url.picture(photo.id), alt: `Your photo, ${photo.name}`}),
        h('figcaption', {}, `${photo.name} · ${photo.width} × ${photo.height}`)),
      banner,
      h('div', {class: 'row'}, h('button', {type: 'button', onclick: () => { set('photo', null); go('#/'); }}, 'Another photo')),
      recent('Other photos')),
    h('section', {}, h('h1', {}, 'What shall become of it?'),
      h('ul', {class: 'verbs'}, state.verbs.filter(photoField).map((verb) => h('li', {}, h('a', {href: `#/${verb.name}`, data: {verb: verb.name}},
        h('img', {src: `/page/verbs/${verb.name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}),
        h('strong', {}, titleOf(verb)), h('span', {}, verb.summary))))))));
  return () => {};
}

export function titleOf(verb) {
  return verb.name.charAt(0).toUpperCase() + verb.name.slice(1);
}

// ------------------------------------------------------------------------------------------------- the workspace

function workspace(main, verb, photo) {
  const shown = photo ? stage(photo, verb) : bareStage(), fields = form(verb);
  const rail = h('div', {class: 'rail', 'aria-label': 'Results'}), under = h('div', {class: 'under'});
  const cost = h('p', {class: 'cost', role: 'status'});
  const make = h('button', {type: 'button', class: 'main make', onclick: () => begin()});
  const text = verb.text.split('\n\n').slice(1).filter((part) => !part.includes('calotype ') && !part.includes('--')).join(' ');
  const panel = h('aside', {class: 'panel', 'aria-label': titleOf(verb)},
    h('a', {class: 'back', href: '#/', data: {do: 'back'}}, icon('back'), 'All verbs'),
    h('h1', {}, titleOf(verb)), h('p', {class: 'quiet'}, `${verb.summary}.`, text && h('details', {class: 'about'}, h('summary', {}, 'More about it'), text)),
    fields.element,
    h('div', {class: 'go'}, cost, make));
  main.append(h('div', {class: 'workspace'}, h('div', {class: 'left'}, shown.element, under, rail), panel));
  const closers = [() => shown.close(), fields.close];
  const mine = new Set();  // jobs that were asked for here: their first result is shown when it comes
  let timer = 0, asked = 0;

  const label = () => {
    const n = valuesOf(verb.name).n || 1;
    make.textContent = {train: 'Learn it', evaluate: 'Measure'}[verb.name] || (n > 1 ? `Make ${n}` : 'Make it');
  };

  // ------------------------------------------------------------------------------------------------- asking for it

  function given(pictures = {}) {
    const values = {...valuesOf(verb.name), ...pictures};
    if (photo) values[photoField(verb)] = photo.id;
    for (const one of verb.fields.filter(isPainted)) if (!(one.name in pictures)) delete values[one.name];
    return values;
  }

  async function begin() {
    make.disabled = true;
    make.classList.add('busy');
    await attempt(async () => {
      await shown.ready;
      const job = await api.make(verb.name, given(await shown.pictures()));
      mine.add(job.id);
      // A quick job may have been heard of before this answer came: what was heard is newer.
      if (!state.jobs.has(job.id)) state.jobs.set(job.id, job);
      changed('jobs', state.jobs.get(job.id));
      performance.mark('asked');
    });
    make.disabled = false;
    make.classList.remove('busy');
  }

  /** Say what it would take; what cannot be said before something is painted is not asked. */
  function estimate() {
    clearTimeout(timer);
    label();
    const needed = verb.fields.filter((field) => field.required && field.kind !== 'photo' && field.kind !== 'engine');
    const painted = verb.fields.some((field) => isPainted(field) && (field.required || field.first));
    if (painted || needed.some((field) => valuesOf(verb.name)[field.name] === undefined)) { cost.textContent = ''; return; }
    timer = setTimeout(async () => {
      const turn = ++asked;
      try {
        const said = await api.estimate(verb.name, given());
        if (turn !== asked) return;
        const learning = said.training.length ? `Learns from the photo first. ` : '';
        cost.className = 'cost';
        cost.textContent = `${learning}About ${duration(said.seconds)}${said.size ? `, ${said.size.replace('x', ' × ')} pixels` : ''}.`;
      } catch (error) {
        if (turn !== asked) return;
        cost.className = 'cost';
        cost.textContent = error.message;
      }
    }, WAIT);
  }

  // ---------------------------------------------------------------------------------------------------- what came

  const ofPhoto = () => jobsNewestFirst().filter((job) => {
    const about = photoField(state.verbs.find((one) => one.name === job.verb));
    if (!photo) return job.verb === verb.name;
    return about && job.arguments[about] === photo.id && (job.verb === verb.name || WORKING.has(job.state) || job.results.some((made) => made.kept));
  });

  function draw() {
    const jobs = ofPhoto(), now = state.result;
    const job = now && state.jobs.get(now.job), made = job?.results.find((one) => one.file === now.file);
    if (now && !made) { state.result = null; shown.show(null); }
    rail.replaceChildren(...jobs.filter((one) => one.verb !== 'segment' || verb.name === 'segment').flatMap((one) => [
      ...(one.state !== 'done' ? [progress(one)] : []),
      ...(one.report ? [report(one)] : []),
      ...(one.model ? [h('p', {class: 'banner'}, 'Learned. ', h('a', {href: '#/models'}, 'Look at the model'), ' – verbs find it by themselves.')] : []),
      ...one.results.map((result) => thumb(one, result, () => look(one, result), now?.job === one.id && now.file === result.file)),
    ]));
    under.replaceChildren(made ? actions(job, made, () => { state.result = null; shown.show(null); }) : '');
  }

  function look(job, made) {
    state.result = {job: job.id, file: made.file};
    shown.show({job, made});
    draw();
  }

  closers.push(
    listen('values', ({verb: name}) => { if (name === verb.name) estimate(); }),
    listen('engines', estimate),
    listen('jobs', (job) => {
      if (job && mine.has(job.id) && job.results.length) {
        mine.delete(job.id);
        performance.mark('first-result');
        look(job, job.results[0]);
      } else draw();
    }));
  label();
  estimate();
  draw();
  shown.ready.then(() => {
    const now = state.result, job = now && state.jobs.get(now.job), made = job?.results.find((one) => one.file === now.file);
    if (made) shown.show({job, made});
  });
  main.stage = shown;  // for whoever looks at it from outside: tests and measurements
  return () => { clearTimeout(timer); closers.forEach((close) => close()); };
}

