// Zoom and pan of results: by wheel, two fingers, buttons and keys, as on the stage; several pictures move together.
import {h, iconButton} from './dom.js';

const MOST = 64, STEP = 1.4;
const PIXELS = 4;  // screen pixels per picture pixel from which pixels are shown as squares

/**
 * Let pictures be zoomed and panned together.
 *
 * `windows` are elements that clip, each with its pictures: [[element, [picture, ...], width in pixels], ...]. `changed`
 * is called with the place {x, y, scale} of the pictures: x and y are shares of a window. Returns the buttons.
 */
export function zooming(windows, changed = () => {}) {
  const now = {x: 0, y: 0, scale: 1};
  const touches = new Map();
  let panning = false, held = false;

  function apply() {
    for (const [area, pictures, width] of windows) {
      const wide = area.clientWidth, high = area.clientHeight;
      for (const picture of pictures) {
        picture.style.transformOrigin = '0 0';
        picture.style.transform = `translate(${now.x * wide}px, ${now.y * high}px) scale(${now.scale})`;
        picture.style.imageRendering = wide * now.scale > PIXELS * width ? 'pixelated' : '';
      }
      area.classList.toggle('panning', panning || held);
    }
    changed(now);
  }

  function zoom(factor, u = 0.5, v = 0.5) {
    const scale = Math.min(MOST, Math.max(1, now.scale * factor)), real = scale / now.scale;
    now.x = u - (u - now.x) * real;
    now.y = v - (v - now.y) * real;
    now.scale = scale;
    limit();
  }

  function limit() {
    now.x = Math.min(0, Math.max(1 - now.scale, now.x));
    now.y = Math.min(0, Math.max(1 - now.scale, now.y));
    apply();
  }

  const share = (area, event) => { const box = area.getBoundingClientRect(); return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]; };
  const drags = (event) => panning || event.button === 1 || !event.target.closest('input');

  function down(area, event) {
    touches.set(event.pointerId, share(area, event));
    if (touches.size < 2 && !drags(event)) return;
    held = true;
    area.setPointerCapture(event.pointerId);
    event.preventDefault();
    apply();
  }

  function move(area, event) {
    const before = touches.get(event.pointerId), place = share(area, event);
    if (!before || !held) return;
    if (touches.size === 2) {
      const other = [...touches].find(([id]) => id !== event.pointerId)[1];
      const span = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]);
      now.x += (place[0] - before[0]) / 2; now.y += (place[1] - before[1]) / 2;
      zoom(span(place) / Math.max(1e-3, span(before)), (place[0] + other[0]) / 2, (place[1] + other[1]) / 2);
    } else { now.x += place[0] - before[0]; now.y += place[1] - before[1]; limit(); }
    touches.set(event.pointerId, place);
  }

  function up(event) { touches.delete(event.pointerId); if (held && !touches.size) { held = false; apply(); } }

  for (const [area] of windows) {
    area.addEventListener('wheel', (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), ...share(area, event)); }, {passive: false});
    area.addEventListener('pointerdown', (event) => down(area, event));
    area.addEventListener('pointermove', (event) => move(area, event));
    for (const end of ['pointerup', 'pointercancel']) area.addEventListener(end, up);
  }
  const fit = () => { Object.assign(now, {x: 0, y: 0, scale: 1}); apply(); };
  const hand = iconButton('hand', 'Pan', () => { panning = !panning; hand.setAttribute('aria-pressed', panning); apply(); }, {'aria-pressed': 'false', data: {tool: 'pan'}});
  const bar = h('div', {class: 'group zoom over-result', role: 'toolbar', 'aria-label': 'Zoom'},
    iconButton('out', 'Zoom out (-)', () => zoom(1 / STEP), {data: {tool: 'zoom-out'}}), iconButton('fit', 'Fit (0)', fit, {data: {tool: 'zoom-fit'}}),
    iconButton('in', 'Zoom in (+)', () => zoom(STEP), {data: {tool: 'zoom-in'}}), hand);
  bar.key = (event) => {
    if (event.key === '+' || event.key === '=') zoom(STEP);
    else if (event.key === '-') zoom(1 / STEP);
    else if (event.key === '0') fit();
    else return false;
    return true;
  };
  return bar;
}
