// The small parts that the panel of the history is made of, and the words for a step.

import { make } from '../../shell/dom.js';
import { DATES, say } from '../../words/say.js';

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
export const title = (node) => node.label || say('edit.step_start');

/** When a step was made, in words. @param {number} made */
export function when(made) {
  const minutes = Math.floor((Date.now() - made) / 60000);
  if (!made) return '';
  if (minutes < 60) return minutes < 1 ? say('edit.step_now') : say('edit.step_minutes', { n: minutes });
  const date = new Date(made);
  const time = date.toLocaleTimeString(DATES, { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return say('edit.step_today', { time });
  return say('edit.step_day', { day: date.toLocaleDateString(DATES, { day: 'numeric', month: 'short' }), time });
}
