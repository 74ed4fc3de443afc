// Upload of sets and of model files, with progress dialogs.
import {api, sentence} from './api.js';
import {duration, go, h, icon} from './dom.js';
import {METADATA, picturesOf} from './files.js';
import {loadSets} from './state.js';

const AT_A_TIME = 3;
const NAMED = 6;  // failed files that are listed by name

/** Create a set from files, [{file, path}]; `single` is called instead if the user prefers single pictures. Resolves to the set, or null. */
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
    const dialog = h('dialog', {class: 'upload', oncancel: () => close(null)},
      pictures.length ? [
        h('h2', {}, `A set of ${pictures.length} pictures`),
        h('p', {class: 'quiet'}, labels.size > 1 ? `In ${labels.size} folders, which are used as labels. ` : '', beside.length ? 'Its labels, label maps and boxes are uploaded, too. ' : '', others ? others === 1 ? 'One other file is skipped.' : `${others} other files are skipped.` : ''),
        h('div', {class: 'field'}, h('label', {for: 'set-name'}, 'Name'), box),
        said,
        h('div', {class: 'row end'},
          h('button', {type: 'button', onclick: () => close(null)}, 'Cancel'),
          single && h('button', {type: 'button', data: {do: 'single'}, onclick: () => { close(null); single(pictures.map(({file}) => file)); }}, 'Open as single photos'),
          h('button', {type: 'button', class: 'main', data: {do: 'make-set'}, onclick: make}, 'Create set')),
      ] : [
        h('p', {}, 'There are no pictures among these files.'),
        h('div', {class: 'row end'}, h('button', {type: 'button', onclick: () => close(null)}, 'OK')),
      ]);
    box.addEventListener('keydown', (event) => { if (event.key === 'Enter') make(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Upload pictures, [{file, path}], and other files of a data set (`beside`) to a set, and report failed files. */
export async function fill(set, pictures, beside = []) {
  const all = pictures.length + beside.length;
  const bar = h('progress', {max: all, value: 0, 'aria-label': 'Upload progress'});
  const line = h('p', {role: 'status'}), list = h('ul', {class: 'refused'});
  let stopped = false;
  const stop = h('button', {type: 'button', onclick: () => { stopped = true; stop.disabled = true; }}, icon('stop'), 'Stop');
  const dialog = h('dialog', {class: 'upload', oncancel: (event) => event.preventDefault()}, h('h2', {}, `“${set.name}”`), line, bar, list, h('div', {class: 'row end'}, stop));
  document.body.append(dialog);
  dialog.showModal();
  const waiting = inOrder(pictures, beside), refused = [], started = performance.now();
  let done = 0, uploaded = 0, problem = '';
  const show = () => {
    bar.value = done;
    const left = done > 5 ? `, about ${duration((performance.now() - started) / 1000 / done * (all - done))} left` : '';
    line.textContent = `${done} of ${all}${done < all ? left : ''}`;
  };
  const work = async (most = Infinity) => {
    for (let number = 0; number < most; number++) {
      const next = waiting.shift();
      if (!next || stopped) return;
      try {
        await (next.beside ? api.addBeside : api.addTo)(set.id, next.file, next.path);
        uploaded += next.beside ? 0 : 1;
      } catch (error) {
        // Errors of single files are collected; errors of the server or the set end the upload.
        if (error.message.startsWith('The studio does not respond') || /at most|507|deleted/.test(error.message)) { stopped = true; problem = error.message; return; }
        refused.push({path: next.path, why: error.message});
      }
      done++;
      show();
    }
  };
  const complete = async () => {
    try {
      uploaded = (await api.whole(set.id)).count;
    } catch (error) {
      problem = error.message;
    }
  };
  show();
  // The metadata must be uploaded first.
  if (beside.length) await work(METADATA.length);
  await Promise.all(Array.from({length: AT_A_TIME}, () => work()));
  if (beside.length && !problem) await complete();
  await loadSets().catch(() => {});
  if (!refused.length && !problem && !stopped) { dialog.close(); dialog.remove(); return; }
  await new Promise((resolve) => {
    line.textContent = `${uploaded} of ${pictures.length} are in the set.${problem ? ` ${sentence(problem)}` : ''}${refused.length ? ` Failed, ${refused.length}:` : ''}`;
    list.replaceChildren(...refused.slice(0, NAMED).map(({path, why}) => h('li', {}, h('strong', {}, path), ` ${why}`)),
      refused.length > NAMED ? h('li', {}, `and ${refused.length - NAMED} more`) : '');
    stop.replaceWith(h('button', {type: 'button', class: 'main', data: {do: 'uploaded'}, onclick: () => { dialog.close(); dialog.remove(); resolve(); }}, 'OK'));
  });
}

/** Upload order: the files of each sample together, so that samples are complete if the upload is stopped. */
function inOrder(pictures, beside) {
  const name = ({path}) => path.split('/').pop();
  const all = [...beside.slice(METADATA.length).map((one) => ({...one, beside: true})), ...pictures];
  if (beside.length) all.sort((a, b) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
  return [...beside.slice(0, METADATA.length).map((one) => ({...one, beside: true})), ...all];
}

const CHUNK = 8 << 20;  // bytes of a chunk

/** Upload other files in chunks; resolves to the id of the upload. `onProgress` is called with the fraction done, 0..1. */
export async function sendFiles(files, onProgress) {
  const {id} = await api.newUpload(), all = files.reduce((sum, file) => sum + file.size, 0);
  let sent = 0;
  try {
    for (const file of files) {
      const name = file.name.replace(/[^\w.-]+/g, '_').replace(/^[^\w]+/, '').slice(-99) || 'file';
      for (let at = 0; at < Math.max(1, file.size); at += CHUNK) {
        await api.putChunk(id, name, at, file.slice(at, at + CHUNK));
        sent += Math.min(CHUNK, file.size - at);
        onProgress(sent / Math.max(1, all));
      }
    }
  } catch (error) {
    api.deleteUpload(id).catch(() => {});
    throw error;
  }
  return id;
}

/** Create a set from files and show it. */
export async function uploadSet(files, single = null) {
  const set = await newSet(files, single);
  if (set) go(`#/sets/${set.id}`);
}
