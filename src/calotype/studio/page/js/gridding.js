// The stage of repose: identities in the first column, poses in the first row, and what the model makes of each pair.
import {api, url} from './api.js';
import {compare} from './compare.js';
import {h, icon, iconButton} from './dom.js';
import {dropInto} from './form.js';
import {choosePicture} from './photo.js';
import {listen, loadPictures, setValue, state, valuesOf} from './state.js';

const MOST = 12;  // of a column or row: a picture of the result shows no more poses
const NAMES = {identity: 'identity', pose: 'pose'};

/** Whether a verb makes pairs of two arguments: identities and poses. */
export function isGrid(verb) {
  return Object.keys(NAMES).every((name) => verb.fields.some((field) => field.name === name && field.kind === 'clip'));
}

/** The stage: {element, ready, pictures(), fill(blob), show(result), close()}. */
export function gridStage(verb) {
  const table = h('div', {class: 'pairs'}), frame = h('div', {class: 'frame gridding'}, table), result = h('div', {class: 'result', hidden: true});
  const back = h('div', {class: 'tabs', hidden: true}, h('button', {type: 'button', data: {do: 'grid'}, onclick: () => { state.result = null; show(null); }}, 'Back to the grid'));
  const given = (name) => [valuesOf(verb.name)[name] ?? []].flat();
  const put = (name, ids) => { setValue(verb.name, name, ids.length > 1 ? ids : ids[0] ?? null, 'stage'); draw(); };
  const canvases = new Map();  // by the ids of identity and pose

  function header(name, id, i) {
    return h('div', {class: `head of-${name}`, data: {key: `${name} ${id} ${i}`}}, h('img', {src: url.thumbnail(id), alt: `${NAMES[name]} ${i + 1}`}),
      iconButton('close', `Remove ${NAMES[name]} ${i + 1}`, () => put(name, given(name).filter((_, j) => j !== i))));
  }

  function adder(name) {
    const add = (ids) => put(name, [...given(name), ...ids].slice(0, MOST));
    const button = h('button', {type: 'button', class: `adds of-${name}`, data: {do: `add-${name}`}, disabled: given(name).length >= MOST,
      onclick: async () => { const picture = await choosePicture(`Add: ${NAMES[name]}`); if (picture) add([picture.id]); }}, icon('plus'), h('span', {}, name === 'identity' ? 'Who or what' : 'A pose'));
    dropInto(button, async (files) => { const ids = []; for (const file of files) ids.push((await api.add(file, file.name)).id); await loadPictures(); add(ids); });
    return button;
  }

  function cell(identity, pose) {
    const key = `${identity} ${pose}`;
    if (!canvases.has(key)) canvases.set(key, h('canvas', {class: 'made-pair', width: 1, height: 1, role: 'img', 'aria-label': 'Not made yet'}));
    return canvases.get(key);
  }

  function draw() {
    const identities = given('identity'), poses = given('pose');
    table.style.setProperty('--columns', Math.max(1, poses.length) + 2);
    table.style.setProperty('--rows', identities.length + 2);
    table.replaceChildren(h('span', {class: 'corner-of quiet'}, 'Poses across, identities down'), ...poses.map((id, i) => header('pose', id, i)), adder('pose'), ...(poses.length ? [] : [h('span', {class: 'quiet none'}, 'Without a pose, some models draw one.')]),
      ...identities.flatMap((id, i) => [header('identity', id, i), ...(poses.length ? poses : ['']).map((pose) => cell(id, pose)), h('span')]), adder('identity'));
  }

  /** Show a picture of the verb, one pair or a grid with headers, in the cells; returns whether it is one. */
  function fill(blob) {
    const identities = given('identity'), poses = given('pose'), {to_identity: other, to_pose: way} = valuesOf(verb.name);
    if (other || way || !identities.length) return false;
    createImageBitmap(blob).then((image) => {
      const columns = Math.max(1, poses.length), single = identities.length * columns === 1;
      const side = single ? image.width : image.width / (columns + 1), top = poses.length ? side : 0;
      identities.forEach((identity, i) => (poses.length ? poses : ['']).forEach((pose, j) => {
        const canvas = cell(identity, pose);
        canvas.width = canvas.height = side;
        canvas.getContext('2d').drawImage(image, single ? 0 : (j + 1) * side, single ? 0 : i * side + top, side, side, 0, 0, side, side);
        canvas.setAttribute('aria-label', `Identity ${i + 1}${pose ? ` in pose ${j + 1}` : ''}`);
        canvas.dataset.made = 'yes';
      }));
      image.close();
    });
    return true;
  }

  function show(shown, against = null) {
    frame.hidden = Boolean(shown);
    result.hidden = back.hidden = !shown;
    result.replaceChildren(shown ? compare(null, shown, against) : '');
  }

  draw();
  const stop = listen('values', ({verb: name, from}) => { if (name === verb.name && from !== 'stage') draw(); });
  return {
    element: h('section', {class: 'stage', 'aria-label': 'Identities and poses'}, back, frame, result),
    ready: Promise.resolve(),
    pictures: async () => ({}),
    fill,
    show,
    close: stop,
  };
}
