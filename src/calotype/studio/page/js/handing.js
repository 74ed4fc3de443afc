// Many pictures handed in together: a set is made of them, one file after the other, with what is left said on the way.
import {api, sentence} from './api.js';
import {duration, go, h, icon} from './dom.js';
import {picturesOf} from './files.js';
import {loadSets} from './state.js';

const AT_A_TIME = 3;
const NAMED = 6;  // files that could not be used, said by name

/** Make a set of files, {file, path}; `single` is done with the files where they are rather wanted one by one. Resolves to the set, or null. */
export function newSet(files, single = null) {
  const {pictures, others, name} = picturesOf(files);
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const box = h('input', {type: 'text', id: 'set-name', value: name || 'My pictures', maxlength: 80, spellcheck: 'false'});
    const make = async () => {
      try {
        const set = await api.newSet(box.value.trim() || 'My pictures');
        dialog.close();
        dialog.remove();
        await fill(set, pictures);
        resolve(set);
      } catch (error) { said.textContent = error.message; }
    };
    const said = h('p', {class: 'problem', role: 'status'});
    const labels = new Set(pictures.filter(({path}) => path.includes('/')).map(({path}) => path.split('/')[0]));
    const dialog = h('dialog', {class: 'handing', oncancel: () => close(null)},
      pictures.length ? [
        h('h2', {}, `A set of ${pictures.length} pictures`),
        h('p', {class: 'quiet'}, labels.size > 1 ? `In ${labels.size} folders, which are kept as their labels. ` : '', others ? others === 1 ? 'One other file is passed over.' : `${others} other files are passed over.` : ''),
        h('div', {class: 'field'}, h('label', {for: 'set-name'}, 'What to call it'), box),
        said,
        h('div', {class: 'row end'},
          h('button', {type: 'button', onclick: () => close(null)}, 'Leave it'),
          single && h('button', {type: 'button', data: {do: 'single'}, onclick: () => { close(null); single(pictures.map(({file}) => file)); }}, 'Take each by itself'),
          h('button', {type: 'button', class: 'main', data: {do: 'make-set'}, onclick: make}, 'Make the set')),
      ] : [
        h('p', {}, 'There is no picture among these files.'),
        h('div', {class: 'row end'}, h('button', {type: 'button', onclick: () => close(null)}, 'All right')),
      ]);
    box.addEventListener('keydown', (event) => { if (event.key === 'Enter') make(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Put pictures, {file, path}, into a set, and say what became of them. */
export async function fill(set, pictures) {
  const bar = h('progress', {max: pictures.length, value: 0, 'aria-label': 'How many have come'});
  const line = h('p', {role: 'status'}), list = h('ul', {class: 'refused'});
  let stopped = false;
  const stop = h('button', {type: 'button', onclick: () => { stopped = true; stop.disabled = true; }}, icon('stop'), 'Stop');
  const dialog = h('dialog', {class: 'handing', oncancel: (event) => event.preventDefault()}, h('h2', {}, `“${set.name}”`), line, bar, list, h('div', {class: 'row end'}, stop));
  document.body.append(dialog);
  dialog.showModal();
  const waiting = [...pictures], refused = [], began = performance.now();
  let done = 0, problem = '';
  const show = () => {
    bar.value = done;
    const left = done > 5 ? `, about ${duration((performance.now() - began) / 1000 / done * (pictures.length - done))} left` : '';
    line.textContent = `${done} of ${pictures.length}${done < pictures.length ? left : ''}`;
  };
  const work = async () => {
    for (;;) {
      const next = waiting.shift();
      if (!next || stopped) return;
      try {
        await api.addTo(set.id, next.file, next.path);
      } catch (error) {
        // What is wrong with one file is no reason to stop; that nobody answers is.
        if (error.message.startsWith('The studio does not answer') || /at most|507|deleted/.test(error.message)) { stopped = true; problem = error.message; return; }
        refused.push({path: next.path, why: error.message});
      }
      done++;
      show();
    }
  };
  show();
  await Promise.all(Array.from({length: AT_A_TIME}, work));
  await loadSets().catch(() => {});
  if (!refused.length && !problem && !stopped) { dialog.close(); dialog.remove(); return; }
  await new Promise((resolve) => {
    line.textContent = `${done - refused.length} of ${pictures.length} are in the set.${problem ? ` ${sentence(problem)}` : ''}${refused.length ? ` Left out, ${refused.length}:` : ''}`;
    list.replaceChildren(...refused.slice(0, NAMED).map(({path, why}) => h('li', {}, h('strong', {}, path), ` ${why}`)),
      refused.length > NAMED ? h('li', {}, `and ${refused.length - NAMED} more`) : '');
    stop.replaceWith(h('button', {type: 'button', class: 'main', data: {do: 'handed'}, onclick: () => { dialog.close(); dialog.remove(); resolve(); }}, 'All right'));
  });
}

const PIECE = 8 << 20;  // bytes of a file that are sent at a time

/** Hand in files that are no pictures, large ones in pieces: the id of what they came in. `said` hears which share has come. */
export async function sendParcel(files, said) {
  const {id} = await api.parcel(), all = files.reduce((sum, file) => sum + file.size, 0);
  let sent = 0;
  try {
    for (const file of files) {
      const name = file.name.replace(/[^\w.-]+/g, '_').replace(/^[^\w]+/, '').slice(-99) || 'file';
      for (let at = 0; at < Math.max(1, file.size); at += PIECE) {
        await api.putPiece(id, name, at, file.slice(at, at + PIECE));
        sent += Math.min(PIECE, file.size - at);
        said(sent / Math.max(1, all));
      }
    }
  } catch (error) {
    api.forgetParcel(id).catch(() => {});
    throw error;
  }
  return id;
}

/** Make a set of files and show it. */
export async function handInSet(files, single = null) {
  const set = await newSet(files, single);
  if (set) go(`#/sets/${set.id}`);
}
