// Comparison of a result with its photo: with a slider for equal aspect ratios, else side by side.
import {url} from './api.js';
import {h} from './dom.js';

const START = 20;  // initial percentage of the photo
const SAME_SHAPE = 0.02;

/** @param shown {job, made}: a result and its job */
export function compare(photo, {job, made}) {
  const source = url.file(job.id, made.file);
  if (/\.mp4$/.test(made.file)) return side(photo, h('video', {src: source, autoplay: true, loop: true, muted: true, controls: true}));
  const image = h('img', {src: source, alt: `Result of ${job.verb}, seed ${made.seed}`, class: 'after'});
  if (!photo) return h('div', {class: 'beside'}, h('figure', {}, image));
  const shape = Math.abs(made.width * photo.height / (made.height * photo.width) - 1);
  if (shape > SAME_SHAPE || made.width > 1.5 * photo.width) return side(photo, image);
  return slider(photo, image, made);
}

function side(photo, result) {
  return h('div', {class: 'beside'},
    h('figure', {}, h('img', {src: url.picture(photo.id), alt: 'The photo'}), h('figcaption', {}, 'The photo')),
    h('figure', {}, result, h('figcaption', {}, 'The result')));
}

function slider(photo, result, made) {
  const before = h('img', {src: url.picture(photo.id), alt: 'The photo', class: 'before'});
  const line = h('div', {class: 'line', 'aria-hidden': 'true'});
  const range = h('input', {type: 'range', min: 0, max: 100, step: 0.1, value: START, 'aria-label': 'Split between photo and result', class: 'over',
    oninput: () => place(Number(range.value))});
  const box = h('div', {class: 'compare', style: {'--shape': `${made.width} / ${made.height}`, '--ratio': made.width / made.height}}, result, before, line,
    h('span', {class: 'tag left'}, 'Photo'), h('span', {class: 'tag right'}, 'Result'), range);
  const place = (percent) => {
    before.style.clipPath = `inset(0 ${100 - percent}% 0 0)`;
    line.style.left = `${percent}%`;
  };
  place(START);
  return h('div', {class: 'middle'}, box);
}
