// What would a training of these pictures be, and why? In plain words.

import { make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { isNews } from './parts.js';
import { fileSize, formatNumber, plural, roughDuration } from './words.js';

/** @import { Choice, Plan } from '../server.d.ts' */

/**
 * Time, speed and memory, as far as they are known.
 * @param {Plan} plan
 * @returns {[what: string, value: string][]}
 */
export function planFacts({ minutes, drawing, speed, memory, pictures }) {
  /** @type {[number, string, string][]} */
  const facts = [
    [drawing, say('train.plan_drawing'), roughDuration(60 * drawing)],
    [minutes, say('train.plan_time'), roughDuration(60 * minutes)],
    [speed, say('train.plan_speed'), formatNumber(speed)],
    [memory, say('train.plan_memory'), fileSize(memory)],
    [pictures, say('train.plan_pictures'), plural(pictures, 'picture')],
  ];
  return facts.filter(([known]) => known).map(([, what, value]) => [what, value]);
}

/** @param {HTMLElement} element @param {Plan} plan */
export function showPlan(element, plan) {
  if (!isNews(element, plan)) return;
  const facts = planFacts(plan).map(([what, value]) =>
    make('div', {}, make('dt', { textContent: what }), make('dd', { textContent: value })));
  const hints = plan.hints.map((words) => make('p', { className: 'hint', textContent: words }));
  element.replaceChildren(make('dl', { className: 'facts' }, ...facts), ...hints);
}

/** What was chosen, and why, as a list of terms. @param {HTMLElement} list @param {Choice[]} choices */
export function showChoices(list, choices) {
  if (!isNews(list, choices)) return;
  list.replaceChildren(...choices.map(({ what, value, why }) => make('div', {},
    make('dt', { textContent: what }),
    make('dd', {}, make('b', { textContent: value }), why ? make('small', { textContent: why }) : ''))));
}
