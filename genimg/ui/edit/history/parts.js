// The small parts that the panel of the history is made of, and the words for a step.

import { make } from '../../shell/dom.js';

/** @import { Properties } from '../../shell/types.d.ts' */
/** @import { TreeNode } from '../types.d.ts' */

/**
 * @param {string} textContent
 * @param {(() => void) | null} onclick
 * @param {Properties<HTMLButtonElement>} properties
 */
export const button = (textContent, onclick, properties = {}) =>
  make('button', { type: 'button', className: 'gi-button', textContent, onclick, ...properties });
/** @param {string} className @param {string} label @param {...(Node | string)} children */
export const group = (className, label, ...children) =>
  make('div', { className, role: 'group', ariaLabel: label }, ...children);
export const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} className */
export function newPath(className) {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('class', className);
  return path;
}

/** The name of a step. @param {TreeNode} node */
export const title = (node) => node.label || 'Start';

/** When a step was made, in words. @param {number} time */
export function when(time) {
  const minutes = Math.floor((Date.now() - time) / 60000);
  if (!time) return '';
  if (minutes < 60) return minutes < 1 ? 'just now' : `${minutes} min ago`;
  const date = new Date(time);
  const hour = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${date.toDateString() === new Date().toDateString() ? 'today' : day}, ${hour}`;
}
