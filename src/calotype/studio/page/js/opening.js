// Pictures handed in and opened; settings of a result put back into the form of its verb.
import {api} from './api.js';
import {go, toast} from './dom.js';
import {loadPictures, set, setValue, state, valuesOf} from './state.js';

/** Take files as photos; the last one is worked on. A film of ours is asked how it was made. */
export async function handIn(files) {
  let last = null;
  for (const file of files) {
    try {
      last = await api.add(file, file.name || 'picture.png');
    } catch (error) {
      if (await asSettings(file)) continue;
      toast(error.message, 'problem');
    }
  }
  if (!last) return null;
  await loadPictures();
  if (last.made) state.verb = null;  // it may be asked how it was made, before it is worked on
  open(last);
  return last;
}

async function asSettings(file) {
  try { await restore(await api.settings(file)); return true; } catch { return false; }
}

/** The name of the argument that is the photo; a verb that takes a model has none. */
export function photoField(verb) {
  return verb?.fields.find((field) => field.kind === 'photo')?.name;
}

/** Work on a picture. */
export function open(picture) {
  set('photo', picture);
  if (state.verb) setValue(state.verb.name, photoField(state.verb), null);
  state.result = null;
  go(state.verb ? `#/${state.verb.name}` : '#/');
}

/** Fill a form in as a result says; what it was made from is looked up among the pictures. */
export async function restore(said) {
  const verb = state.verbs.find((one) => one.name === said.verb);
  if (!verb) throw new Error('This was made by a verb that is not known here.');
  const {[photoField(verb)]: photo, ...rest} = said.arguments;
  for (const name of Object.keys(valuesOf(verb.name))) setValue(verb.name, name, null);
  for (const [name, value] of Object.entries(rest)) setValue(verb.name, name, value);
  await loadPictures();
  if (photo) set('photo', state.pictures.find((one) => one.id === photo) || await api.picture(photo));
  const missing = Object.values(said.missing);
  if (missing.length) toast(`The settings are back. Drop ${missing.join(' and ')} to make the same again.`);
  else toast('The settings are back: the same picture comes out.');
  set('verb', verb);
  go(`#/${verb.name}`);
}
