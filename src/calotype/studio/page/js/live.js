// A picture that follows the sliders, for verbs whose model makes one in a moment.
import {api} from './api.js';
import {h} from './dom.js';

/**
 * The picture: {element, ask(possible), hide(now), able(), close}. `wanted` resolves to the arguments of the verb, or null if something is
 * missing; `possible` says whether the server makes such pictures in a moment. One is made at a time, the last one wins, so there is no need to
 * wait for the end of a change.
 * `fill`, if given, is called with the picture (a blob), and returns whether it is shown elsewhere.
 */
export function live(verb, wanted, fill = null) {
  const image = h('img', {alt: 'Picture of the present settings', hidden: true}), note = h('p', {class: 'quiet', role: 'status'});
  const element = h('figure', {class: 'live', hidden: true}, image, note);
  let hidden = false, timer = 0, busy = false, again = false, able = false, closed = false, shown = '';
  async function make() {
    if (busy) { again = true; return; }
    if (!able) { element.hidden = true; return; }
    busy = true;
    element.dataset.state = 'busy';
    try {
      const given = await wanted();
      if (!given) { element.hidden = true; return; }
      const blob = await api.live(verb.name, given);
      if (closed) return;
      note.textContent = '';
      if (fill?.(blob)) { element.hidden = true; return; }
      URL.revokeObjectURL(shown);
      shown = image.src = URL.createObjectURL(blob);
      image.hidden = false;
      element.hidden = hidden;
    } catch (error) {
      if (closed) return;
      note.textContent = error.message;
      element.hidden = hidden;
    } finally {
      busy = false;
      element.dataset.state = '';
      if (again) { again = false; make(); }
    }
  }
  return {
    element,
    able: () => able,
    /** Hide the picture while a result is shown. */
    hide(now) { hidden = now; element.hidden = now || !shown; },
    /** Ask for a picture of what is wanted now; told whether that is possible, only if that is news. */
    ask(possible) {
      if (possible !== undefined && possible === able) return;
      able = possible ?? able;
      clearTimeout(timer);
      timer = setTimeout(make);
    },
    close() { closed = true; clearTimeout(timer); URL.revokeObjectURL(shown); },
  };
}
