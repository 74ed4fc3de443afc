// Upload and open pictures, and restore the settings of a result in the form of its verb.
import {api} from './api.js';
import {go, toast} from './dom.js';
import {loadPictures, set, setValue, state, valuesOf} from './state.js';

/** Upload photos and open the last one. For films made by calotype, restore their settings. */
export async function uploadPhotos(files) {
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
  if (last.made) state.verb = null;  // show the chooser, which offers to restore its settings
  open(last);
  return last;
}

async function asSettings(file) {
  try { await restore(await api.settings(file)); return true; } catch { return false; }
}

/** The name of a verb's photo argument; undefined if it has none. */
export function photoField(verb) {
  return verb?.fields.find((field) => field.kind === 'photo')?.name;
}

/** The field of a verb without a photo whose label map is painted; undefined if there is none. */
export function layoutOf(verb) {
  return photoField(verb) ? undefined : verb.fields.find((field) => field.name === 'layout' && field.kind === 'label map');
}

/** Open a picture in the workspace. */
export function open(picture) {
  set('photo', picture);
  if (state.verb) setValue(state.verb.name, photoField(state.verb), null);
  state.result = null;
  go(state.verb ? `#/${state.verb.name}` : '#/');
}

/** Restore the settings of a result in the form; its inputs are looked up among the pictures. */
export async function restore(settings) {
  const verb = state.verbs.find((one) => one.name === settings.verb);
  if (!verb) throw new Error('This was made by an unknown verb: use the version that made it.');
  const {[photoField(verb)]: photo, ...rest} = settings.arguments;
  for (const name of Object.keys(valuesOf(verb.name))) setValue(verb.name, name, null);
  for (const [name, value] of Object.entries(rest)) setValue(verb.name, name, value);
  await loadPictures();
  if (photo) set('photo', state.pictures.find((one) => one.id === photo) || await api.picture(photo));
  const missing = Object.values(settings.missing);
  if (missing.length) toast(`The settings are restored. Upload ${missing.join(' and ')} to reproduce the result.`);
  else toast('The settings are restored and reproduce the result.');
  set('verb', verb);
  go(`#/${verb.name}`);
}
