// How does the tab find its elements, and set what they say?

import { find, make } from '../shell/dom.js';

/**
 * The element in `root` with this data-part.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} name
 * @param {new () => T} [kind] what it has to be
 */
export const findPart = (root, name, kind) => find(root, `[data-part="${name}"]`, kind);

/**
 * Set a text that may be the same as before; an element without words takes no room.
 * @param {HTMLElement} element
 * @param {string} [words]
 */
export function setText(element, words = '') {
  if (element.textContent !== words) element.textContent = words;
  element.hidden = !words;
}

/**
 * Whether an element shows something else than `value` by now, which is then noted: for what is
 * told again and again, and is to keep the focus where it is.
 * @param {HTMLElement} element
 * @param {unknown} value
 */
export function isNews(element, value) {
  const shown = JSON.stringify(value);
  if (element.dataset.shown === shown) return false;
  element.dataset.shown = shown;
  return true;
}

/**
 * Set a bar: a part of 1, or null where nobody can tell how far it is.
 * @param {HTMLProgressElement} bar
 * @param {number | null} share
 */
export function setBar(bar, share) {
  if (share === null) bar.removeAttribute('value'); else bar.value = share;
}

/**
 * A sign that is only seen, in the colour of its kind: good, wait, warn, bad or rest.
 * @param {string} kind
 * @param {string} symbol
 */
export function makeSign(kind, symbol) {
  const element = make('span', { className: 'sign', textContent: symbol, ariaHidden: 'true' });
  element.dataset.kind = kind;
  return element;
}
