// The choice of a verb by intent: what somebody has, and what is wanted.
import {api} from './api.js';
import {h, PAGE, renew} from './dom.js';
import {listen, set, state} from './state.js';

const asked = {have: '', want: ''};  // it stays while the page is open

/** The verbs by what they are for, with buttons that narrow the choice: {element, close}. */
export function chooser() {
  const list = h('div', {class: 'intents'}), said = h('p', {class: 'quiet', role: 'status'});
  const bar = (name, title, words) => {
    const buttons = Object.entries(words).map(([value, label]) => h('button', {type: 'button', class: 'chip', data: {[name]: value}, 'aria-pressed': asked[name] === value, onclick: () => {
      asked[name] = asked[name] === value ? '' : value;
      for (const one of buttons) one.setAttribute('aria-pressed', one.dataset[name] === asked[name]);
      draw();
    }}, label));
    return h('div', {class: 'asked', role: 'group', 'aria-label': title}, h('strong', {}, title), buttons);
  };
  const bars = h('div', {});
  let haves = {}, wants = {}, verbs = [], closed = false;
  const draw = () => {
    const fits = verbs.filter((one) => (!asked.have || one.have.includes(asked.have)) && (!asked.want || one.want === asked.want));
    said.textContent = fits.length === verbs.length ? '' : fits.length ? `${fits.length} of ${verbs.length} verbs` : 'No verb does that: choose one of both.';
    renew(list, Object.entries(wants).map(([want, title]) => {
      const some = fits.filter((one) => one.want === want);
      return some.length ? h('section', {data: {key: want}}, h('h2', {}, title), h('ul', {class: 'verbs'}, some.map((one) => h('li', {data: {key: one.name}}, tile(one))))) : null;
    }));
  };
  const begin = async () => {
    try { state.choices ||= await api.choices(); } catch (error) { said.textContent = error.message; return; }
    if (closed) return;
    ({haves, wants, verbs} = state.choices);
    bars.append(bar('have', 'You have', haves), bar('want', 'You want', wants));
    draw();
  };
  begin();
  // Which models there are is known to another process, which may have to be started first.
  if (!state.models) api.models().then((models) => set('models', models)).catch(() => {});
  const stop = listen('models', draw);
  return {element: h('div', {}, bars, said, list), close() { closed = true; stop(); }};
}

function tile(one) {
  const lacks = lacking(one);
  const content = [h('img', {src: `${PAGE}verbs/${one.name}.webp`, alt: '', width: 320, height: 200, loading: 'lazy'}),
    h('strong', {}, one.name.charAt(0).toUpperCase() + one.name.slice(1)), h('span', {}, one.differs), lacks && h('span', {class: 'lacks'}, lacks)];
  return h('a', {href: `#/${one.name}`, data: {verb: one.name}}, content);
}

/** One line about a model that a verb needs and that is not there; empty if it needs none. */
function lacking({name, needs}) {
  if (!needs.length || (state.models || []).some((model) => model.verbs.includes(name) || needs.includes(model.engine))) return '';
  return `Needs a model (${needs.join(', ')}): train one on a set, or import one.`;
}
