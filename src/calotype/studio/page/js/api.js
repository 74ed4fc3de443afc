// The server's requests. What goes wrong comes as one sentence, thrown as an Error.

async function asked(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {method, body, headers});
  } catch {
    throw new Error('The studio does not answer: is it still open? Start it again with “calotype studio”.');
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(sentence(said.error || `the studio answered ${answer.status}`));
  return said;
}

const json = {'content-type': 'application/json'};

/** A sentence begins with a capital letter and ends in a full stop. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

export const api = {
  verbs: () => asked('GET', '/api/verbs'),
  engines: () => asked('GET', '/api/engines'),
  pictures: () => asked('GET', '/api/pictures'),
  picture: (id) => asked('GET', `/api/pictures/${id}`),
  add: (blob, name, part = false) =>
    asked('POST', `/api/pictures?name=${encodeURIComponent(name)}&part=${part}`, blob),
  forget: (id) => asked('DELETE', `/api/pictures/${id}`),
  settings: (blob) => asked('POST', '/api/settings', blob),
  make: (verb, args, aside = false) => asked('POST', `/api/verbs/${verb}/jobs${aside ? '?aside=true' : ''}`, JSON.stringify(args), json),
  estimate: (verb, args) => asked('POST', `/api/verbs/${verb}/estimate`, JSON.stringify(args), json),
  stop: (job) => asked('POST', `/api/jobs/${job}/stop`),
  goOn: (job) => asked('POST', `/api/jobs/${job}/continue`),
  remove: (job) => asked('DELETE', `/api/jobs/${job}`),
  keep: (job, file, kept) => asked('PUT', result(job, file), JSON.stringify({kept}), json),
  discard: (job, file) => asked('DELETE', result(job, file)),
  use: (job, file) => asked('POST', `${result(job, file)}/picture`),
  made: (job, file) => asked('GET', `${result(job, file)}/settings`),
  models: () => asked('GET', '/api/models'),
  bring: (parcel, name, photo) => asked('POST', '/api/models', JSON.stringify({parcel, name, photo}), json),
  parcel: () => asked('POST', '/api/parcels'),
  putPiece: (parcel, name, at, blob) => asked('PUT', `/api/parcels/${parcel}/${encodeURIComponent(name)}?at=${at}`, blob),
  forgetParcel: (parcel) => asked('DELETE', `/api/parcels/${parcel}`),
  sets: () => asked('GET', '/api/sets'),
  newSet: (name, job = null) => asked('POST', '/api/sets', JSON.stringify({name, job}), json),
  renameSet: (id, name) => asked('PUT', `/api/sets/${id}`, JSON.stringify({name}), json),
  removeSet: (id) => asked('DELETE', `/api/sets/${id}`),
  members: (id, start, count) => asked('GET', `/api/sets/${id}/pictures?start=${start}&count=${count}`),
  addTo: (id, file, path) => asked('POST', `/api/sets/${id}/pictures?path=${encodeURIComponent(path)}`, file),
  addBeside: (id, file, path) => asked('POST', `/api/sets/${id}/beside?path=${encodeURIComponent(path)}`, file),
  whole: (id) => asked('POST', `/api/sets/${id}/whole`),
  takeOut: (id, picture) => asked('DELETE', `/api/sets/${id}/pictures/${picture}`),
  useOf: (id, picture) => asked('POST', `/api/sets/${id}/pictures/${picture}/use`),
  anyones: () => asked('GET', '/api/data'),
  heldForSets: () => asked('GET', '/api/data/kept'),
  clean: () => asked('DELETE', '/api/data/kept'),
  removeModel: (name) => asked('DELETE', `/api/models/${encodeURIComponent(name)}`),
};

function result(job, file) {
  return `/api/jobs/${job}/results/${encodeURIComponent(file)}`;
}

export const url = {
  picture: (id) => `/api/pictures/${id}/file`,
  thumbnail: (id) => `/api/pictures/${id}/thumbnail`,
  file: (job, name) => `/api/jobs/${job}/files/${encodeURIComponent(name)}`,
  small: (job, name) => `/api/jobs/${job}/thumbnails/${encodeURIComponent(name)}`,
  member: (set, picture) => `/api/sets/${set}/pictures/${picture}/thumbnail`,
  sheet: (job) => `/api/jobs/${job}/sheet`,
  archive: (job) => `/api/jobs/${job}/archive`,
  packed: (name) => `/api/models/${encodeURIComponent(name)}/file`,
  model: (name, preview) => `/api/models/${encodeURIComponent(name)}/previews/${encodeURIComponent(preview)}`,
};
