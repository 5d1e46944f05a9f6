// How does the page make and find elements, and say something to the person?

/** @import { Properties } from './types.d.ts' */

/**
 * An element with these properties and with what is in it.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Properties<HTMLElementTagNameMap[K]>} properties those that the element does not know become attributes
 * @param {...(Node | string)} children
 */
export const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) Object.assign(element, { [key]: value }); else element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
};

/**
 * The first element within another one that a selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind] what it has to be
 */
export function find(root, selector, kind) {
  const element = root.querySelector(selector);
  if (!(element instanceof (kind ?? HTMLElement))) throw new TypeError(`${selector} is not there`);
  return /** @type {T} */ (element);
}

/**
 * The element with this id.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind] what it has to be
 * @returns {T}
 */
export const byId = (id, kind) => find(document, `#${id}`, kind);

/**
 * What is around the target of an event, or the target itself; null where there is no such thing.
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const closest = (target, selector) => (target instanceof Element ? target.closest(selector) : null);

/** For a focus that the page sets; not all browsers know `focusVisible`. @type {FocusOptions} */
export const UNSEEN = Object.assign({ preventScroll: true }, { focusVisible: false });

const SAID_MS = 6000, LETTER_MS = 60; // long enough to be read
/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/** A sentence at the foot of the page, for a while. @param {string} words */
export const notify = (words) => {
  const line = document.getElementById('said');
  if (!line) return;
  line.textContent = words;
  clearTimeout(fading);
  fading = setTimeout(() => { line.textContent = ''; }, Math.max(SAID_MS, LETTER_MS * words.length));
};
