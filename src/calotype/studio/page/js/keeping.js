// What was painted on a photo, kept in the browser's database: across verbs, reloads and restarts.

const NAME = 'calotype', STORE = 'painted', WAIT = 400;  // milliseconds without a stroke before it is written
const memory = new Map();  // the same, at hand: by key
const waiting = new Map();  // timers of what is not written yet, by key
let database = null;

const opened = () => (database ||= new Promise((resolve, reject) => {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
}));

async function transact(mode, work) {
  const store = (await opened()).transaction(STORE, mode).objectStore(STORE), request = work(store);
  return new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
}

/** The key of what is painted on a photo for an argument of a verb. */
export const keyOf = (photo, verb, name) => `${photo}/${verb}/${name}`;

/** Keep what a layer holds; `content` gives it, as values that a database can store. */
export function keep(key, content) {
  memory.set(key, content);
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(() => write(key), WAIT));
}

async function write(key) {
  clearTimeout(waiting.get(key));
  const content = memory.get(key);
  try {
    const value = await content();
    await transact('readwrite', (store) => store.put(value, key));
  } catch { /* a private window has no database: it stays in memory */ }
  if (memory.get(key) === content) waiting.delete(key);
}

/** What was kept for a key, or undefined. */
export async function kept(key) {
  if (memory.has(key)) return memory.get(key)();
  try { return await transact('readonly', (store) => store.get(key)); } catch { return undefined; }
}

/** Write everything that waits. */
export function flush() { return Promise.all([...waiting.keys()].map(write)); }

/** Forget what was painted on a photo. */
export async function forgetPhoto(photo) {
  const range = IDBKeyRange.bound(`${photo}/`, `${photo}0`);
  for (const key of [...memory.keys()].filter((one) => one.startsWith(`${photo}/`))) { memory.delete(key); clearTimeout(waiting.get(key)); waiting.delete(key); }
  try { await transact('readwrite', (store) => store.delete(range)); } catch { /* there is no database */ }
}

// Strokes of the last moments are not in the database yet: leaving asks, and writes them.
addEventListener('beforeunload', (event) => {
  if (!waiting.size) return;
  flush();
  event.preventDefault();
});
addEventListener('visibilitychange', () => { if (document.hidden) flush(); });
