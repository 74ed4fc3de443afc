// The part where things are made: a photo, what to do with it, how, and what came of it.
import {api, url} from './api.js';
import {duration, go, h, icon} from './dom.js';
import {form, isPainted, learnsFromSet} from './form.js';
import {photoField, restore} from './opening.js';
import {hero, recent, withoutPhoto} from './photo.js';
import {actions, attempt, jobActions, progress, thumb} from './results.js';
import {report} from './report.js';
import {chosenSet, takesSets} from './setparts.js';
import {setStage, sourceOf} from './source.js';
import {layoutStage, needsLayout} from './layout.js';
import {bareStage, stage} from './stage.js';
import {changed, jobsNewestFirst, listen, set, setValue, state, valuesOf, WORKING} from './state.js';

const MOST_SHOWN = 60;  // results of one job beside each other
const WAIT = 500;  // milliseconds without a change before it is asked what a job would take

/** Show the part; returns what is to be done when it is left. */
export function showMake(main, [name]) {
  const verb = state.verbs.find((one) => one.name === name && name !== 'data') || null;
  if (state.verb?.name !== verb?.name) { state.result = null; state.verb = verb; }
  if (!verb) return state.photo ? chooser(main) : (main.append(hero()), () => {});
  if (!photoField(verb)) return workspace(main, verb, {});
  const many = chosenSet(verb);
  if (many) return workspace(main, verb, {set: many});
  // What is learned from many photos, or compared, need not begin with one of them.
  if (learnsFromSet(verb)) return workspace(main, verb, {empty: true});
  if (!state.photo) set('photo', state.pictures.find((picture) => !picture.part) || null);
  if (state.photo) return workspace(main, verb, {photo: state.photo});
  if (['train', 'evaluate'].includes(verb.name)) return workspace(main, verb, {empty: true});
  main.append(hero());
  return () => {};
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
        h('strong', {}, titleOf(verb)), h('span', {}, verb.summary))))),
      withoutPhoto())));
  return () => {};
}

export function titleOf(verb) {
  return verb.name.charAt(0).toUpperCase() + verb.name.slice(1);
}

// ------------------------------------------------------------------------------------------------- the workspace

/** What a verb works on is one of: photo, set, empty (it is still to be chosen), or nothing. */
function workspace(main, verb, {photo = null, set: many = null, empty = false}) {
  const source = photoField(verb) && takesSets(verb) ? sourceOf(verb, {photo, set: many}) : null;
  const shown = photo ? stage(photo, verb) : many || empty ? setStage(verb, many) : needsLayout(verb) ? layoutStage(verb) : bareStage();
  const learns = learnsFromSet(verb), fields = form(verb, {set: many, before: source});
  const rail = h('div', {class: 'rail', 'aria-label': 'Results'}), under = h('div', {class: 'under'});
  const cost = h('p', {class: 'cost', role: 'status'});
  const make = h('button', {type: 'button', class: 'main make', onclick: () => begin()});
  const text = verb.text.split('\n\n').slice(1).join(' ');
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
    for (const one of verb.fields) {
      // What the form does not show as it stands is not said either.
      if ((isPainted(one) && !(one.name in pictures)) || (one.single && learnsFromSet(verb)) || (one.of_sets && !many)) delete values[one.name];
    }
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
    const needed = verb.fields.filter((field) => field.required && field.kind !== 'engine' && !(field.kind === 'photo' && photo));
    const painted = !many && verb.fields.some((field) => isPainted(field) && (field.required || field.first));
    if (painted || needed.some((field) => valuesOf(verb.name)[field.name] === undefined)) { cost.textContent = ''; return; }
    timer = setTimeout(async () => {
      const turn = ++asked;
      try {
        const said = await api.estimate(verb.name, given());
        if (turn !== asked) return;
        const learning = verb.name === 'train' ? said.training.length ? '' : 'This was learned already. ' : said.training.length ? 'Learns from the photo first. ' : '';
        cost.className = 'cost';
        const memory = verb.name === 'train' && said.training.length ? `, ${said.memory} of memory` : '';
        cost.textContent = `${learning}About ${duration(said.seconds)}${memory}${said.size ? `, ${said.size.replace('x', ' × ')} pixels` : ''}.`;
      } catch (error) {
        if (turn !== asked) return;
        cost.className = 'cost';
        cost.textContent = error.message;
      }
    }, WAIT);
  }

  // ---------------------------------------------------------------------------------------------------- what came

  const ofPhoto = () => jobsNewestFirst().filter((job) => {
    const about = photoField(state.verbs.find((one) => one.name === job.verb)), source = (photo || many)?.id;
    if (!source) return job.verb === verb.name && [undefined, job.arguments.model].includes(valuesOf(verb.name).model);
    return about && job.arguments[about] === source && (job.verb === verb.name || WORKING.has(job.state) || job.results.some((made) => made.kept));
  });

  function draw() {
    const jobs = ofPhoto(), now = state.result;
    const job = now && state.jobs.get(now.job), made = job?.results.find((one) => one.file === now.file);
    if (now && !made) { state.result = null; shown.show(null); }
    const onStage = shown.instead && !made && jobs[0];
    if (shown.instead) shown.instead(onStage ? instead(onStage) : null);
    rail.replaceChildren(...jobs.filter((one) => one.verb !== 'segment' || verb.name === 'segment').flatMap((one) => [
      ...(one.state !== 'done' || one.message ? [progress(one)] : []),
      ...(one.report && one !== onStage ? [report(one)] : []),
      ...(one.model && one.state === 'done' ? [learned(one)] : []),
      ...(one.results.length > 1 ? [jobActions(one, MOST_SHOWN)] : []),
      ...one.results.slice(0, MOST_SHOWN).map((result) => thumb(one, result, () => look(one, result), now?.job === one.id && now.file === result.file)),
    ]));
    under.replaceChildren(made ? actions(job, made, () => { state.result = null; shown.show(null); }) : '');
  }

  /** What a job has to show that is no result: the newest one's stands on the stage. */
  function instead(job) {
    if (job.report) return report(job);
    const last = learnsFromSet(verb) && job.state !== 'failed' && job.previews.at(-1);
    return last ? h('figure', {class: 'learning'}, h('img', {src: `${url.file(job.id, last)}?${Math.round(job.share * 1000)}`, alt: 'What it makes so far'}),
      h('figcaption', {}, job.state === 'done' ? 'What it makes now' : 'What it makes so far')) : null;
  }

  function learned(job) {
    if (!learnsFromSet(verb)) return h('p', {class: 'banner'}, 'Learned. ', h('a', {href: '#/models'}, 'Look at the model'), ' – verbs find it by themselves.');
    return h('p', {class: 'banner'}, 'Learned. ', h('button', {type: 'button', class: 'small', data: {do: 'sample'}, onclick: () => { setValue('sample', 'model', job.model); setValue('sample', 'unfinished', null); go('#/sample'); }}, 'Make new pictures'), ' ', h('a', {href: '#/models'}, 'Look at the model'));
  }

  function look(job, made) {
    state.result = {job: job.id, file: made.file};
    shown.show({job, made});
    draw();
    // On a small screen the form may have been scrolled to: what was made is brought into view.
    if (shown.element.getBoundingClientRect().top < 0) shown.element.scrollIntoView({block: 'start'});
  }

  const about = photoField(verb);
  closers.push(
    listen('values', ({verb: name, name: changed}) => { if (name === verb.name && changed !== about) estimate(); if (changed === 'model') draw(); }),
    listen('engines', () => {
      // Which form is needed may be known only now.
      if (learnsFromSet(verb) !== learns) go(location.hash); else estimate();
    }),
    listen('jobs', (job) => {
      if (job && mine.has(job.id) && job.results.length) {
        mine.delete(job.id);
        performance.mark('first-result');
        look(job, job.results[0]);
      } else {
        draw();
        if (job?.report && mine.delete(job.id) && shown.element.getBoundingClientRect().top < 0) shown.element.scrollIntoView({block: 'start'});
      }
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

