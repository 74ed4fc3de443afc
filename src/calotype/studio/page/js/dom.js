// DOM helpers.

/** The address of the page's files. */
export const PAGE = new URL('..', import.meta.url).pathname;

export const UNDO = 8000;  // milliseconds for which a deletion can be undone

/** Create an element: h('p', {class: 'x', onclick: f}, 'text', child). Values of false, null and undefined are ignored. */
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

/** An icon of icons.svg, hidden from screen readers: its parent element needs a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${PAGE}icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** A button with an icon and an accessible label. */
export function iconButton(name, label, onclick, more = {}) {
  return h('button', {type: 'button', class: 'plain icon', title: label, 'aria-label': label, onclick, ...more}, icon(name));
}

/** Navigate to a part of the page; reload it if it is already shown. */
export function go(hash) {
  if (location.hash === hash) dispatchEvent(new HashChangeEvent('hashchange'));
  else location.hash = hash;
}

/** Show a temporary message, with a button if there is something to do about it: {label, act}. */
export function toast(text, kind = 'said', offer = null) {
  const button = offer && h('button', {type: 'button', class: 'small', data: {do: 'offer'}, onclick: () => { offer.act(); close(); }}, offer.label);
  const shown = h('div', {class: `toast ${kind}`}, text, ' ', button);
  document.getElementById('toasts').append(shown);
  const close = () => { clearTimeout(timer); shown.remove(); };
  const timer = setTimeout(close, offer ? UNDO : kind === 'problem' ? 9000 : 4000);
  return close;
}

/**
 * Give an element these children, and change the ones it has in place where they are of the same kind: the focus and a
 * film that plays stay. Children are the same if their tag and their data-key are; listeners of the former ones stay.
 */
export function renew(parent, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== '');
  const before = new Map([...parent.childNodes].map((node, i) => [keyOf(node, i), node]));
  const nodes = wanted.map((child, i) => {
    const node = child instanceof Node ? child : document.createTextNode(child), known = before.get(keyOf(node, i));
    if (!known) return node;
    before.delete(keyOf(node, i));
    become(known, node);
    return known;
  });
  for (const node of before.values()) node.remove();
  nodes.forEach((node, i) => { if (parent.childNodes[i] !== node) parent.insertBefore(node, parent.childNodes[i] || null); });
}

function keyOf(node, i) {
  return `${node.nodeName} ${node.dataset?.key ?? `at ${i}`}`;
}

function become(node, wanted) {
  if (node.nodeType === Node.TEXT_NODE) { if (node.data !== wanted.data) node.data = wanted.data; return; }
  for (const {name} of [...node.attributes]) if (!wanted.hasAttribute(name)) node.removeAttribute(name);
  for (const {name, value} of wanted.attributes) {
    if (node.getAttribute(name) === value) continue;
    if (name === 'style') node.style.cssText = value;  // as an attribute it would be refused by the page's policy
    else node.setAttribute(name, value);
  }
  if ('value' in wanted && wanted.tagName === 'PROGRESS') node.value = wanted.value;
  renew(node, ...wanted.childNodes);
}

/** Do something, and show what goes wrong; resolves to null then. */
export async function attempt(work) {
  try { return await work(); } catch (error) { toast(error.message, 'problem'); return null; }
}

/** Ask for confirmation; resolves to true or false. */
export function sure(question, verb) {
  return new Promise((resolve) => {
    const answer = (wanted) => { dialog.close(); dialog.remove(); resolve(wanted); };
    const dialog = h('dialog', {class: 'sure', oncancel: () => answer(false)},
      h('p', {}, question),
      h('div', {class: 'row end'},
        h('button', {type: 'button', onclick: () => answer(false)}, 'Cancel'),
        h('button', {type: 'button', class: 'danger', onclick: () => answer(true)}, verb)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Open a file dialog; resolves to the chosen file, or never if cancelled. */
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

/** Download a file. */
export function save(href, name) {
  const link = h('a', {href, download: name});
  document.body.append(link);
  link.click();
  link.remove();
}

/** Format a duration. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 1.5) return 'a second';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
