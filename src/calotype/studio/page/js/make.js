// The workspace: form and results of a verb.
import {api, sentence, url} from './api.js';
import {attempt, duration, go, h, icon, renew, toast} from './dom.js';
import {able, form, isPaintedIn, labelOf} from './form.js';
import {layoutOf, open, photoField} from './opening.js';
import {actions, jobActions, progress, thumb} from './results.js';
import {report} from './report.js';
import {nextSeed, varies} from './seeds.js';
import {learnsFromSet, takesSets} from './setparts.js';
import {setStage, sourceOf} from './source.js';
import {live} from './live.js';
import {gridStage, isGrid} from './gridding.js';
import {layoutStage, needsLayout} from './layout.js';
import {isPlaced, onOtherKind, placingStage} from './placing.js';
import {bareStage, stage} from './stage.js';
import {changed, jobsNewestFirst, listen, remaining, set, setValue, state, valuesOf, WORKING} from './state.js';

const MOST_SHOWN = 60;  // results shown for one job
const WAIT = 500;  // milliseconds without a change before an estimate is requested
const REST = 60_000;  // milliseconds after which the process that works may have ended

export function titleOf(verb) {
  return verb.name.charAt(0).toUpperCase() + verb.name.slice(1);
}

// ------------------------------------------------------------------------------------------------- the workspace

/** The workspace of a verb, for a photo, a set, an input that is not chosen yet (empty), or no input. */
export function workspace(main, verb, {photo = null, set: many = null, empty = false}) {
  const source = photoField(verb) && takesSets(verb) ? sourceOf(verb, {photo, set: many}) : null;
  const shown = photo ? stage(photo, verb) : many || empty ? setStage(verb, many) : needsLayout(verb) ? isPlaced(verb) ? placingStage(verb) : layoutStage(verb) : isGrid(verb) ? gridStage(verb) : bareStage();
  const learns = learnsFromSet(verb), fields = form(verb, {set: many, before: source});
  const rail = h('div', {class: 'rail', role: 'group', 'aria-label': 'Results'}), under = h('div', {class: 'under'});
  const cost = h('p', {class: 'cost', role: 'status'});
  const make = h('button', {type: 'button', class: 'main make', onclick: () => begin()});
  const tryAll = h('button', {type: 'button', class: 'small', data: {do: 'try-all'}, onclick: () => begin(ready())});
  const text = verb.text.split('\n\n').slice(1).join(' ');
  const panel = h('aside', {class: 'panel', 'aria-label': titleOf(verb)},
    h('a', {class: 'back', href: '#/', data: {do: 'back'}}, icon('back'), 'All verbs'),
    photo && state.before.length ? h('button', {type: 'button', class: 'small', data: {do: 'before'}, onclick: () => open(state.before.pop())}, icon('undo'), `Back to ${state.before.at(-1).name}`) : null,
    h('h1', {}, titleOf(verb)), h('p', {class: 'quiet'}, `${verb.summary}.`, text && h('details', {class: 'about'}, h('summary', {}, 'Details'), text)),
    fields.element,
    h('div', {class: 'go'}, cost, make, tryAll));
  main.append(h('div', {class: 'workspace'}, h('div', {class: 'left'}, shown.element, under, rail), panel));
  const preview = live(verb, async () => {
    const values = given(shown.followed ? await shown.followed() : undefined);
    return !many && verb.fields.some((field) => field.required && field.kind !== 'engine' && values[field.name] === undefined) ? null : values;
  }, shown.fill);
  shown.element.append(preview.element);
  const closers = [() => shown.close(), fields.close, preview.close, layoutOf(verb) ? onOtherKind(verb, () => go(location.hash)) : () => {}];
  let against = null;  // a result that the next ones are compared with, in place of the photo
  const mine = new Map();  // jobs submitted here, whose first result is shown on the stage, with the strokes made until then
  let timer = 0, requests = 0, refused = null;  // what the server said of the present form: {of}

  /** The engines that can do this at once, without a training. */
  const ready = () => able(verb).filter((name) => state.engines[name].learns === 'nothing');

  const label = () => {
    const names = photo && !valuesOf(verb.name).model && verb.fields.some((field) => field.kind === 'engine') && !learns ? ready() : [];
    tryAll.hidden = names.length < 2;
    tryAll.textContent = `Try all ${names.length} engines that need no training`;
    tryAll.title = names.join(', ');
    const n = valuesOf(verb.name).n || 1;
    make.textContent = {train: 'Train', evaluate: 'Evaluate', dissect: 'Dissect', invert: 'Invert', align: 'Align', directions: 'Learn'}[verb.name] || (n > 1 ? `Make ${n}` : 'Make it');
  };

  // ------------------------------------------------------------------------------------------------ submitting jobs

  function given(pictures = shown.sketched?.() ?? {}) {
    const values = {...valuesOf(verb.name), ...pictures};
    if (varies(verb) && values.seed === undefined) values.seed = nextSeed(verb, photoField(verb) ? (photo || many)?.id : values.model);
    if (photo) values[photoField(verb)] = photo.id;
    for (const one of verb.fields) {
      // Fields that the form does not show at present are omitted.
      if (fields.hides(one.name) || (isPaintedIn(verb, one) && !(one.name in pictures)) || (one.single && learnsFromSet(verb)) || (one.of_sets && !many)) delete values[one.name];
    }
    return values;
  }

  /** Ask for what the form says, or for one picture of each of some engines. */
  async function begin(engines = []) {
    make.disabled = tryAll.disabled = true;
    make.classList.add('busy');
    await attempt(async () => {
      await shown.ready;
      const pictures = await shown.pictures(), lacking = missing(pictures);
      fields.complain(lacking);
      if (lacking.length) return;
      if (refused && refused.of === JSON.stringify(given())) {
        cost.className = 'cost problem';
        refused = null;  // whoever presses again is believed
        return;
      }
      if (!await accepted(pictures)) return;
      const {preset, settings, ...plain} = given(pictures);
      const wishes = engines.length ? engines.map((engine) => ({...plain, engine, n: 1})) : [given(pictures)];
      for (const wish of wishes) {
        const job = await accept(wish);
        if (!job) continue;  // the other engines may take it
        mine.set(job.id, shown.strokes?.() ?? 0);
        // An event of the job may have arrived before this response; it is newer.
        if (!state.jobs.has(job.id)) state.jobs.set(job.id, job);
        changed('jobs', state.jobs.get(job.id));
      }
      performance.mark('asked');
    });
    make.disabled = tryAll.disabled = false;
    make.classList.remove('busy');
  }

  /** Ask the server for a job; what it refuses is said above the button, in place of the estimate. */
  async function accept(wish) {
    try { return await api.make(verb.name, wish); } catch (error) {
      if (error.status !== 422) throw error;
      cost.className = 'cost problem';
      cost.textContent = error.message;
      return null;
    }
  }

  /** Whoever comes back to the page is about to ask for something: the process that works is started meanwhile. */
  let awake = performance.now();
  const wake = () => {
    if (performance.now() - awake > REST) api.wake().catch(() => {});
    awake = performance.now();
  };
  for (const kind of ['pointermove', 'pointerdown', 'keydown']) addEventListener(kind, wake, {passive: true});
  closers.push(() => ['pointermove', 'pointerdown', 'keydown'].forEach((kind) => removeEventListener(kind, wake)));

  /** The required fields without a value, with what to do about it. */
  function missing(pictures) {
    const values = {...valuesOf(verb.name), ...pictures}, shownFields = verb.fields.filter((field) => fields.has(field.name));
    return shownFields.filter((field) => field.required && field.kind !== 'engine' && values[field.name] === undefined).map((field) => [field.name, isPaintedIn(verb, field)
      ? {mask: 'Paint the mask first, on the photo.', sketch: 'Paint the sketch first.', picture: 'Place or move something on the photo first.'}[field.kind] || (isPlaced(verb) ? 'Add an object first.' : 'Paint the map first.')
      : field.kind === 'model' ? 'Choose a model first.' : `Choose ${/^[aeiou]/i.test(labelOf(field)) ? 'an' : 'a'} ${labelOf(field).toLowerCase()} first.`]);
  }

  /** Whether the server takes a request whose first picture is not painted, as with a photo that has a transparent area. */
  async function accepted(pictures) {
    const open = verb.fields.find((field) => isPaintedIn(verb, field) && field.first && fields.has(field.name) && !(field.name in pictures));
    if (!open) return true;
    try { await api.estimate(verb.name, given(pictures)); } catch (error) {
      fields.complain([[open.name, open.kind === 'mask' ? `Paint the mask first, on the photo. ${error.message}` : error.message]]);
      return false;
    }
    return true;
  }

  /** Show the estimated time and memory; what is still to be painted is assumed. */
  function estimate() {
    clearTimeout(timer);
    refused = null;
    label();
    preview.ask();
    const needed = verb.fields.filter((field) => field.required && field.kind !== 'engine' && !(field.kind === 'photo' && photo));
    const values = given(), mapped = needsLayout(verb) && !isPlaced(verb);  // a layout of a model, which is painted
    if (needed.some((field) => values[field.name] === undefined && !((photo || mapped) && isPaintedIn(verb, field)))) { cost.textContent = needed.some((field) => field.kind === 'model' && values[field.name] === undefined) ? 'Choose a model to see how long it takes.' : ''; return; }
    const painted = mapped || (photo && verb.fields.some((field) => isPaintedIn(verb, field)));
    timer = setTimeout(async () => {
      const turn = ++requests;
      try {
        const expected = await api.estimate(verb.name, given(), painted ? shown.masked?.() ?? 0 : null);
        if (turn !== requests) return;
        preview.ask(expected.live && !many);
        const note = verb.name === 'train' ? expected.training.length ? '' : 'Already trained. ' : expected.training.length ? 'Includes training on the photo. ' : '';
        cost.className = 'cost';
        const memory = verb.name === 'train' && expected.training.length ? `, ${expected.memory} of memory` : '';
        cost.textContent = `${note}About ${duration(expected.seconds)}${memory}${expected.size ? `, ${expected.size.replace('x', ' × ')} pixels` : ''}.${expected.note ? ` ${sentence(expected.note)}` : ''}`;
      } catch (error) {
        if (turn !== requests) return;
        cost.className = 'cost';
        cost.textContent = error.message;
        if (error.status === 422 && !painted) refused = {of: JSON.stringify(given())};
      }
    }, WAIT);
  }

  // ------------------------------------------------------------------------------------------------------ results

  const ofPhoto = () => jobsNewestFirst().filter((job) => {
    const about = photoField(state.verbs.find((one) => one.name === job.verb)), source = (photo || many)?.id;
    if (!source) return job.verb === verb.name && [undefined, job.arguments.model].includes(valuesOf(verb.name).model);
    return about && job.arguments[about] === source && (job.verb === verb.name || WORKING.has(job.state) || job.results.some((made) => made.kept));
  });

  function draw() {
    const jobs = ofPhoto(), now = state.result;
    const job = now && state.jobs.get(now.job), made = job && !state.leaving.has(job.id) && remaining(job).results.find((one) => one.file === now.file);
    if (now && !made) { state.result = null; shown.show(null); }
    preview.hide(Boolean(made));
    const onStage = shown.instead && !made && jobs[0];
    if (shown.instead) shown.instead(onStage ? instead(onStage) : null);
    renew(rail, jobs.filter((one) => one.verb !== 'segment' || verb.name === 'segment').flatMap((one) => [
      ...(one.state !== 'done' || one.message ? [progress(one)] : []),
      ...(one.report && one !== onStage ? [report(one)] : []),
      ...(one.model && one.state === 'done' ? [trainedBanner(one)] : []),
      ...(one.set && one.state === 'done' ? [h('p', {class: 'banner'}, 'The pictures are a set. ', h('a', {href: `#/sets/${one.set}`}, 'Show set'))] : []),
      ...(one.results.length > 1 ? [jobActions(one, MOST_SHOWN)] : []),
      ...one.results.slice(0, MOST_SHOWN).map((result) => thumb(one, result, () => look(one, result), now?.job === one.id && now.file === result.file)),
    ]));
    renew(under, made ? h('div', {data: {key: `${job.id}/${made.file}`}}, actions(job, made, () => { state.result = null; shown.show(null); draw(); }, {held: against?.made.file === made.file, hold}), ...job.notes.map((note) => h('p', {class: 'quiet noted'}, sentence(note)))) : '');
  }

  /** The report or preview of the newest job, for the stage. */
  function instead(job) {
    if (job.report) return report(job);
    const last = learnsFromSet(verb) && job.state !== 'failed' && job.previews.at(-1);
    return last ? h('figure', {class: 'learning'}, h('img', {src: `${url.file(job.id, last)}?${Math.round(job.share * 1000)}`, alt: 'Preview'}),
      h('figcaption', {}, job.state === 'done' ? 'Final samples' : 'Samples during training')) : null;
  }

  function trainedBanner(job) {
    if (!learnsFromSet(verb)) return h('p', {class: 'banner'}, 'Training finished. ', h('a', {href: '#/models'}, 'Show model'), ' – verbs find it automatically.');
    return h('p', {class: 'banner'}, 'Training finished. ', h('button', {type: 'button', class: 'small', data: {do: 'sample'}, onclick: () => { setValue('sample', 'model', job.model); setValue('sample', 'unfinished', null); go('#/sample'); }}, 'Sample'), ' ', h('a', {href: '#/models'}, 'Show model'));
  }

  /** Compare the next results with this one; again: with the photo. */
  function hold(job, made) {
    against = against?.made.file === made.file ? null : {job, made};
    if (against) toast('Choose another result: both are compared.');
    look(job, made);
  }

  function leaveResult() {
    state.result = null;
    shown.show(null);
    draw();
  }

  /** Escape leaves a comparison: of two results first, then of the result with the photo. */
  const escape = (event) => {
    if (event.key !== 'Escape' || !state.result || document.querySelector('dialog[open]') || event.target.closest?.('input:not([type=range]), select')) return;
    event.preventDefault();
    const job = state.jobs.get(state.result.job), made = job?.results.find((one) => one.file === state.result.file);
    if (against && made) { against = null; look(job, made); return; }
    leaveResult();
  };
  addEventListener('keydown', escape);
  closers.push(() => removeEventListener('keydown', escape));

  /** Arrow keys go through the results. */
  rail.addEventListener('keydown', (event) => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key], all = [...rail.querySelectorAll('.thumb')], at = all.indexOf(document.activeElement);
    if (!by || at < 0 || !all[at + by]) return;
    event.preventDefault();
    all[at + by].focus();
    all[at + by].click();
  });

  function look(job, made) {
    const other = against && against.made.file !== made.file ? against : null;
    state.result = {job: job.id, file: made.file};
    shown.show({job, made}, other);
    draw();
    // On small screens the page may be scrolled to the form: scroll back to the stage.
    if (shown.element.getBoundingClientRect().top < 0) shown.element.scrollIntoView({block: 'start'});
  }

  const about = photoField(verb);
  closers.push(
    listen('painted', (name) => { fields.settle(name); estimate(); }),
    listen('values', ({verb: name, name: changed}) => { if (name === verb.name) fields.settle(changed); }),
    listen('values', ({verb: name, from}) => {
      // A slider that is moved shows what it does, in place of a result.
      if (name === verb.name && from === 'form' && preview.able() && state.result) leaveResult();
    }),
    listen('values', ({verb: name, name: changed}) => { if (name === verb.name && changed !== about) estimate(); if (changed === 'model') draw(); }),
    listen('engines', () => {
      // The form depends on the engine.
      if (learnsFromSet(verb) !== learns) go(location.hash); else estimate();
    }),
    listen('jobs', (job) => {
      if (job && mine.has(job.id) && job.results.length) {
        const strokes = mine.get(job.id);
        mine.delete(job.id);
        performance.mark('first-result');
        // Who paints goes on painting: the result waits in the row below.
        if (shown.drawing?.() || (shown.strokes?.() ?? 0) !== strokes) draw();
        else look(job, job.results[0]);
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
  main.stage = shown;  // for tests and benchmarks
  return () => { clearTimeout(timer); closers.forEach((close) => close()); };
}

