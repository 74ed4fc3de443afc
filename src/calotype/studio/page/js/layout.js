// The stage of a verb with a layout: a label map painted in the classes of the selected model.
import {api} from './api.js';
import {Painter} from './canvas/painter.js';
import {View} from './canvas/view.js';
import {compare} from './compare.js';
import {h, iconButton} from './dom.js';
import {layoutOf} from './opening.js';
import {changed, listen, state, takenBy, valuesOf} from './state.js';

const SIDE = 256;  // side of the map, pixels; it is resized to the size of the result

/** Whether a verb draws a layout: always, or with the model that is chosen. */
export function needsLayout(verb) {
  const field = layoutOf(verb);
  return Boolean(field && (field.required || takenBy(verb)?.[field.name]));
}

/** The stage: {element, ready, pictures(), show(result), close()}. */
export function layoutStage(verb) {
  const field = layoutOf(verb), model = verb.fields.find((one) => one.kind === 'model');
  const frame = h('div', {class: 'frame mapping', tabindex: 0, role: 'application', 'aria-label': 'The layout'});
  const tools = h('div', {class: 'toolrow'}), result = h('div', {class: 'result', hidden: true});
  const back = h('div', {class: 'tabs', hidden: true}, h('button', {type: 'button', onclick: () => { state.result = null; show(null); }}, 'Back to the layout'));
  const view = new View(frame), painter = new Painter(view, 'map', {width: SIDE, height: SIDE, name: 'layout', changed: () => changed('painted', field.name)});
  painter.fixed = painter.exact = true;
  painter.cover = 1;
  const blank = Object.assign(document.createElement('canvas'), {width: SIDE, height: SIDE});

  function classes() {
    const chosen = (state.models || []).find((one) => one.name === valuesOf(verb.name)[model?.name]);
    const known = chosen?.classes || [];
    painter.names = known.map((one) => one.name);
    painter.palette = known.length ? known.map((one) => one.colour) : [[0, 0, 0]];
    painter.label = Math.min(painter.label, painter.palette.length - 1);
    painter.blank = !known.length;
    painter.paint();
    painter.bar?.update();
  }

  const ready = view.show(blank, SIDE, SIDE).then(() => {
    if (view.closed) return;
    painter.take();
    classes();
    tools.replaceChildren(painter.toolbar(), h('div', {class: 'group zoom'}, iconButton('fit', 'Fit (0)', () => view.fit())));
    view.fit();
  });
  const stops = [listen('models', classes), listen('values', ({verb: name, name: changed}) => { if (name === verb.name && changed === model?.name) classes(); })];
  frame.addEventListener('keydown', (event) => { if (painter.key(event)) event.preventDefault(); });

  let last = null;  // the map that was uploaded for a live picture

  /** The map as it is now, for a picture that follows the strokes: the one before is removed, unless a job has it. */
  async function followed() {
    const {id} = await api.add(await painter.blob(), 'layout.png', true);
    const kept = [...state.jobs.values()].some((job) => Object.values(job.arguments).includes(last));
    if (last && last !== id && !kept) api.forget(last).catch(() => {});
    last = id;
    return {[field.name]: id};
  }

  function show(shown, against = null) {
    frame.hidden = tools.hidden = Boolean(shown);
    result.hidden = back.hidden = !shown;
    result.replaceChildren(shown ? compare(null, shown, against) : '');
  }

  return {
    element: h('section', {class: 'stage', 'aria-label': 'The layout'}, back, frame, result, tools),
    ready, view,
    /** Upload the painted map; resolves to its id by argument. */
    async pictures() {
      const picture = await api.add(await painter.blob(), 'layout.png', true);
      return {[field.name]: picture.id};
    },
    followed,
    show,
    close() { stops.forEach((stop) => stop()); view.close(); },
  };
}
