// Deletions that can be undone for a while: what is deleted is hidden at once, and told to the server afterwards.
import {toast, UNDO} from './dom.js';
import {changed, state} from './state.js';

const pending = new Map();  // what is still to be told to the server, by key

/**
 * Delete something unless that is undone.
 *
 * `key` is the id of a job, or job/file of a result; `words` name it; `remove` tells the server.
 */
export function leave(key, words, remove) {
  state.leaving.add(key);
  changed('jobs');
  const end = async () => {
    if (!pending.delete(key)) return;
    clearTimeout(timer);
    try { await remove(); } catch (error) { toast(error.message, 'problem'); }
    // The event of the server removes it from the state; if it could not be deleted, it is shown again.
    state.leaving.delete(key);
    changed('jobs');
  };
  const timer = setTimeout(end, UNDO);
  pending.set(key, end);
  toast(words, 'said', {label: 'Undo', act: () => { clearTimeout(timer); pending.delete(key); state.leaving.delete(key); changed('jobs'); }});
}

/** Tell the server of all pending deletions now. */
export function settle() {
  return Promise.all([...pending.values()].map((end) => end()));
}
