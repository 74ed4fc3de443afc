// Elements without a framework.

/** An element: h('p', {class: 'x', onclick: f}, 'text', child). Values of false, null and undefined are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || (value === false && !name.startsWith('aria-'))) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'style') for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name.startsWith('aria-')) element.setAttribute(name, value);
    else if (name in element && typeof value !== 'string') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** One of the icons of icons.svg; it says nothing to a screen reader, so what it stands on has to. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A button with an icon, and its words for whoever cannot see it. */
export function iconButton(name, label, onclick, more = {}) {
  return h('button', {type: 'button', class: 'plain icon', title: label, 'aria-label': label, onclick, ...more}, icon(name));
}

/** Show a part of the studio, anew where it is shown already. */
export function go(hash) {
  if (location.hash === hash) dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = hash;
}

/** A passing message. */
export function toast(text, kind = 'said') {
  const shown = h('div', {class: `toast ${kind}`}, text);
  document.getElementById('toasts').append(shown);
  setTimeout(() => shown.remove(), kind === 'problem' ? 9000 : 4000);
}

/** Ask before something that cannot be undone. Resolves to whether it is wanted. */
export function sure(question, verb) {
  return new Promise((resolve) => {
    const answer = (wanted) => { dialog.close(); dialog.remove(); resolve(wanted); };
    const dialog = h('dialog', {class: 'sure', oncancel: () => answer(false)},
      h('p', {}, question),
      h('div', {class: 'row end'},
        h('button', {type: 'button', onclick: () => answer(false)}, 'Leave it'),
        h('button', {type: 'button', class: 'danger', onclick: () => answer(true)}, verb)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A file that somebody chooses; nothing comes back where they do not. */
export function choose(accept = 'image/*', several = false) {
  return new Promise((resolve) => {
    const input = document.getElementById('file');
    input.value = '';
    input.accept = accept;
    input.multiple = several;
    input.onchange = () => resolve(several ? [...input.files] : input.files[0]);
    input.click();
  });
}

/** Have the browser save something. */
export function save(href, name) {
  const link = h('a', {href, download: name});
  document.body.append(link);
  link.click();
  link.remove();
}

/** A time as people say it. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 1.5) return 'a second';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
