// Client of the HTTP interface. Errors are thrown with the server's message.

async function request(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, {method, body, headers});
  } catch {
    throw new Error('The studio does not respond: start it again with “calotype studio”.');
  }
  if (response.status === 204) return null;
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(sentence(content.error || `the request failed with status ${response.status}`)), {status: response.status});
  return content;
}

/** Send a file; while that takes a while, the page is told how far it is: event `sending`, {name, sent, all}; null at the end. */
function send(path, blob, name) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(), tell = (detail) => dispatchEvent(new CustomEvent('sending', {detail: {key: request, ...detail}}));
    request.open('POST', path);
    request.responseType = 'json';
    request.upload.onprogress = ({loaded, total}) => tell({name, sent: loaded, all: total});
    request.onloadend = () => tell({ended: true});
    request.onerror = () => reject(new Error('The studio does not respond: start it again with “calotype studio”.'));
    request.onload = () => request.status < 400 ? resolve(request.response) : reject(new Error(sentence(request.response?.error || `the request failed with status ${request.status}`)));
    request.send(blob);
  });
}

const json = {'content-type': 'application/json'};

/** Format a message as a sentence, with a capital letter and a full stop. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

export const api = {
  verbs: () => request('GET', '/api/verbs'),
  choices: () => request('GET', '/api/choices'),
  engines: () => request('GET', '/api/engines'),
  pictures: () => request('GET', '/api/pictures'),
  picture: (id) => request('GET', `/api/pictures/${id}`),
  add: (blob, name, part = false) =>
    send(`/api/pictures?name=${encodeURIComponent(name)}&part=${part}`, blob, part ? 'what you painted' : name),
  forget: (id) => request('DELETE', `/api/pictures/${id}`),
  settings: (blob) => request('POST', '/api/settings', blob),
  make: (verb, args, aside = false) => request('POST', `/api/verbs/${verb}/jobs${aside ? '?aside=true' : ''}`, JSON.stringify(args), json),
  /** `unpainted`: as if the pictures that are painted were there; the share of the photo that masks cover. */
  estimate: (verb, args, unpainted = null) => request('POST', `/api/verbs/${verb}/estimate${unpainted === null ? '' : `?unpainted=${unpainted}`}`, JSON.stringify(args), json),
  /** A picture that is not kept, as a blob. */
  live: async (verb, args) => {
    const answer = await fetch(`/api/verbs/${verb}/live`, {method: 'POST', body: JSON.stringify(args), headers: json});
    if (!answer.ok) throw new Error(sentence((await answer.json().catch(() => ({}))).error || `the request failed with status ${answer.status}`));
    return answer.blob();
  },
  /** Where the model puts objects: {boxes, owners}. */
  layout: (verb, args) => request('POST', `/api/verbs/${verb}/layout`, JSON.stringify(args), json),
  wake: () => request('POST', '/api/wake'),
  stop: (job) => request('POST', `/api/jobs/${job}/stop`),
  goOn: (job) => request('POST', `/api/jobs/${job}/continue`),
  remove: (job) => request('DELETE', `/api/jobs/${job}`),
  keep: (job, file, kept) => request('PUT', result(job, file), JSON.stringify({kept}), json),
  discard: (job, file) => request('DELETE', result(job, file)),
  use: (job, file) => request('POST', `${result(job, file)}/picture`),
  made: (job, file) => request('GET', `${result(job, file)}/settings`),
  models: () => request('GET', '/api/models'),
  leaks: (model) => request('GET', `/api/models/${encodeURIComponent(model)}/leaks`),
  importModel: (upload, name, photo) => request('POST', '/api/models', JSON.stringify({upload, name, photo}), json),
  newUpload: () => request('POST', '/api/uploads'),
  putChunk: (upload, name, at, blob) => request('PUT', `/api/uploads/${upload}/${encodeURIComponent(name)}?at=${at}`, blob),
  deleteUpload: (upload) => request('DELETE', `/api/uploads/${upload}`),
  sets: () => request('GET', '/api/sets'),
  newSet: (name, job = null) => request('POST', '/api/sets', JSON.stringify({name, job}), json),
  renameSet: (id, name) => request('PUT', `/api/sets/${id}`, JSON.stringify({name}), json),
  removeSet: (id) => request('DELETE', `/api/sets/${id}`),
  members: (id, start, count) => request('GET', `/api/sets/${id}/pictures?start=${start}&count=${count}`),
  addTo: (id, file, path) => request('POST', `/api/sets/${id}/pictures?path=${encodeURIComponent(path)}`, file),
  addBeside: (id, file, path) => request('POST', `/api/sets/${id}/beside?path=${encodeURIComponent(path)}`, file),
  whole: (id) => request('POST', `/api/sets/${id}/whole`),
  takeOut: (id, picture) => request('DELETE', `/api/sets/${id}/pictures/${picture}`),
  useOf: (id, picture) => request('POST', `/api/sets/${id}/pictures/${picture}/use`),
  anyones: () => request('GET', '/api/data'),
  heldForSets: () => request('GET', '/api/data/kept'),
  clean: () => request('DELETE', '/api/data/kept'),
  removeModel: (name) => request('DELETE', `/api/models/${encodeURIComponent(name)}`),
};

function result(job, file) {
  return `/api/jobs/${job}/results/${encodeURIComponent(file)}`;
}

export const url = {
  picture: (id) => `/api/pictures/${id}/file`,
  thumbnail: (id) => `/api/pictures/${id}/thumbnail`,
  file: (job, name) => `/api/jobs/${job}/files/${encodeURIComponent(name)}`,
  files: (job, name) => `${result(job, name)}/archive`,
  exported: (job, name, {form, quality, settings}) => `${result(job, name)}/export?form=${form}&quality=${quality}&settings=${settings}`,
  small: (job, name) => `/api/jobs/${job}/thumbnails/${encodeURIComponent(name)}`,
  member: (set, picture) => `/api/sets/${set}/pictures/${picture}/thumbnail`,
  sheet: (job) => `/api/jobs/${job}/sheet`,
  keptArchive: (wanted) => `/api/kept/archive?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ''))}`,
  archive: (job) => `/api/jobs/${job}/archive`,
  packed: (name) => `/api/models/${encodeURIComponent(name)}/file`,
  model: (name, preview) => `/api/models/${encodeURIComponent(name)}/previews/${encodeURIComponent(preview)}`,
};
