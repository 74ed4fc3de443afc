// Comparison of a result with its photo or another result: under a slider if their shapes are equal, else side by side.
import {url} from './api.js';
import {h} from './dom.js';
import {zooming} from './zooming.js';

const START = 20;  // initial percentage of the first picture
const SAME_SHAPE = 0.02;
const GAP = 12, CAPTION = 32;  // CSS pixels

/** A result as a picture to compare with: {source, words, width, height}. */
export function asPicture({job, made}) {
  return {source: url.file(job.id, made.file), words: [job.verb, job.arguments.engine, `seed ${made.seed}`].filter(Boolean).join(', '), width: made.width, height: made.height};
}

/**
 * The comparison of a result with a photo, or with another result.
 *
 * `photo` may be null; `shown` and `against` are {job, made}: a result and its job.
 */
export function compare(photo, shown, against = null) {
  const {job, made} = shown, source = url.file(job.id, made.file);
  const first = against ? asPicture(against) : photo && {source: url.picture(photo.id), words: 'Photo', width: photo.width, height: photo.height};
  const words = against ? asPicture(shown).words : 'Result';
  if (/\.mp4$/.test(made.file)) return side(first, h('video', {src: source, autoplay: true, loop: true, muted: true, controls: true}), made, words);
  const image = h('img', {src: source, alt: `Result of ${job.verb}, seed ${made.seed}`, class: 'after', draggable: 'false'});
  if (!first) return side(null, image, made, words);
  const shape = Math.abs(made.width * first.height / (made.height * first.width) - 1);
  if (shape > SAME_SHAPE || made.width > 1.5 * first.width) return side(first, image, made, words);
  return slider(first, image, made, words);
}

/** Side by side, at one scale: what is larger in pixels is larger on the screen. */
function side(first, result, made, words) {
  const parts = [first && [h('img', {src: first.source, alt: first.words === 'Photo' ? 'The photo' : first.words, draggable: 'false'}), first, first.words], [result, made, words]].filter(Boolean);
  const windows = parts.map(([element, size]) => [h('div', {class: 'window'}, element), [element], size.width]);
  const box = h('div', {class: 'beside'}, parts.map(([, , name], i) => h('figure', {}, windows[i][0], first ? h('figcaption', {}, name) : null)));
  const bar = zooming(windows);
  new ResizeObserver(() => {
    const wide = box.clientWidth, high = box.clientHeight, sizes = parts.map(([, size]) => size);
    if (!wide || !high) return;
    const down = getComputedStyle(box).flexDirection === 'column', sum = (key) => sizes.reduce((all, one) => all + one[key], 0), most = (key) => Math.max(...sizes.map((one) => one[key]));
    const gaps = GAP * (sizes.length - 1), captions = first ? CAPTION : 0;
    const scale = down ? Math.min(wide / most('width'), (high - gaps - captions * sizes.length) / sum('height')) : Math.min((wide - gaps) / sum('width'), (high - captions) / most('height'));
    windows.forEach(([area], i) => { area.style.width = `${Math.max(1, sizes[i].width * scale)}px`; area.style.height = `${Math.max(1, sizes[i].height * scale)}px`; });
  }).observe(box);
  return withBar(box, bar);
}

function slider(first, result, made, words) {
  const before = h('img', {src: first.source, alt: first.words === 'Photo' ? 'The photo' : first.words, class: 'before', draggable: 'false'});
  const line = h('div', {class: 'line', 'aria-hidden': 'true'});
  const range = h('input', {type: 'range', min: 0, max: 100, step: 0.1, value: START, 'aria-label': `Split between ${first.words.toLowerCase()} and ${words.toLowerCase()}`, class: 'over',
    oninput: () => place()});
  const box = h('div', {class: 'compare', style: {'--shape': `${made.width} / ${made.height}`, '--ratio': made.width / made.height}}, result, before, line,
    h('span', {class: 'tag left'}, first.words), h('span', {class: 'tag right'}, words), range);
  let now = {x: 0, scale: 1};
  const place = () => {
    const share = Number(range.value) / 100, cut = Math.min(1, Math.max(0, (share - now.x) / now.scale));
    before.style.clipPath = `inset(0 ${+(100 * (1 - cut)).toFixed(4)}% 0 0)`;
    line.style.left = `${100 * share}%`;
  };
  const bar = zooming([[box, [result, before], made.width]], (where) => { now = where; place(); });
  place();
  return withBar(h('div', {class: 'middle'}, box), bar);
}

function withBar(box, bar) {
  return h('div', {class: 'comparison', tabindex: 0, role: 'group', 'aria-label': 'The result', onkeydown: (event) => { if (!event.target.closest('input') && bar.key(event)) event.preventDefault(); }}, box, bar);
}
