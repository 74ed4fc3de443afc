// Many pictures handed in together: a set is made of them, one file after the other, with what is left said on the way.
import {api, sentence} from './api.js';
import {duration, go, h, icon} from './dom.js';
import {SAID, picturesOf} from './files.js';
import {loadSets} from './state.js';

const AT_A_TIME = 3;
const NAMED = 6;  // files that could not be used, said by name

/** Make a set of files, {file, path}; `single` is done with the files where they are rather wanted one by one. Resolves to the set, or null. */
export function newSet(files, single = null) {
  const {pictures, beside, others, name} = picturesOf(files);
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const box = h('input', {type: 'text', id: 'set-name', value: name || 'My pictures', maxlength: 80, spellcheck: 'false'});
    const make = async () => {
      try {
        const set = await api.newSet(box.value.trim() || 'My pictures');
        dialog.close();
        dialog.remove();
        await fill(set, pictures, beside);
        resolve(set);
      } catch (error) { said.textContent = error.message; }
    };
    const said = h('p', {class: 'problem', role: 'status'});
    const labels = new Set(pictures.filter(({path}) => path.includes('/')).map(({path}) => path.split('/')[0]));
    const dialog = h('dialog', {class: 'handing', oncancel: () => close(null)},
      pictures.length ? [
        h('h2', {}, `A set of ${pictures.length} pictures`),
        h('p', {class: 'quiet'}, labels.size > 1 ? `In ${labels.size} folders, which are kept as their labels. ` : '', beside.length ? 'What is known of each of them comes along: labels, maps, boxes, whatever the set has. ' : '', others ? others === 1 ? 'One other file is passed over.' : `${others} other files are passed over.` : ''),
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

/** Put pictures, {file, path}, into a set, with what lies beside them where it is a set of samples, and say what became of them. */
export async function fill(set, pictures, beside = []) {
  const all = pictures.length + beside.length;
  const bar = h('progress', {max: all, value: 0, 'aria-label': 'How many have come'});
  const line = h('p', {role: 'status'}), list = h('ul', {class: 'refused'});
  let stopped = false;
  const stop = h('button', {type: 'button', onclick: () => { stopped = true; stop.disabled = true; }}, icon('stop'), 'Stop');
  const dialog = h('dialog', {class: 'handing', oncancel: (event) => event.preventDefault()}, h('h2', {}, `“${set.name}”`), line, bar, list, h('div', {class: 'row end'}, stop));
  document.body.append(dialog);
  dialog.showModal();
  const waiting = inOrder(pictures, beside), refused = [], began = performance.now();
  let done = 0, came = 0, problem = '';
  const show = () => {
    bar.value = done;
    const left = done > 5 ? `, about ${duration((performance.now() - began) / 1000 / done * (all - done))} left` : '';
    line.textContent = `${done} of ${all}${done < all ? left : ''}`;
  };
  const work = async (most = Infinity) => {
    for (let number = 0; number < most; number++) {
      const next = waiting.shift();
      if (!next || stopped) return;
      try {
        await (next.beside ? api.addBeside : api.addTo)(set.id, next.file, next.path);
        came += next.beside ? 0 : 1;
      } catch (error) {
        // What is wrong with one file is no reason to stop; that nobody answers is.
        if (error.message.startsWith('The studio does not answer') || /at most|507|deleted/.test(error.message)) { stopped = true; problem = error.message; return; }
        refused.push({path: next.path, why: error.message});
      }
      done++;
      show();
    }
  };
  const complete = async () => {
    try {
      came = (await api.whole(set.id)).count;
    } catch (error) {
      problem = error.message;
    }
  };
  show();
  // What says what the others are has to be there before them.
  if (beside.length) await work(SAID.length);
  await Promise.all(Array.from({length: AT_A_TIME}, () => work()));
  if (beside.length && !problem) await complete();
  await loadSets().catch(() => {});
  if (!refused.length && !problem && !stopped) { dialog.close(); dialog.remove(); return; }
  await new Promise((resolve) => {
    line.textContent = `${came} of ${pictures.length} are in the set.${problem ? ` ${sentence(problem)}` : ''}${refused.length ? ` Left out, ${refused.length}:` : ''}`;
    list.replaceChildren(...refused.slice(0, NAMED).map(({path, why}) => h('li', {}, h('strong', {}, path), ` ${why}`)),
      refused.length > NAMED ? h('li', {}, `and ${refused.length - NAMED} more`) : '');
    stop.replaceWith(h('button', {type: 'button', class: 'main', data: {do: 'handed'}, onclick: () => { dialog.close(); dialog.remove(); resolve(); }}, 'All right'));
  });
}

/** What is handed in one after the other: a picture and what lies beside it together, so that what has come when somebody stops is whole. */
function inOrder(pictures, beside) {
  const name = ({path}) => path.split('/').pop();
  const all = [...beside.slice(SAID.length).map((one) => ({...one, beside: true})), ...pictures];
  if (beside.length) all.sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
  return [...beside.slice(0, SAID.length).map((one) => ({...one, beside: true})), ...all];
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
