// What would a training of these pictures be, and why? In plain words.

import { make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { isNews } from './parts.js';
import { fileSize, formatNumber, plural, roughDuration } from './words.js';

/** @import { Choice, Plan } from '../server.d.ts' */

/** Whether pictures are shown as they are. @param {Plan} plan */
export const isUnvaried = ({ choices }) =>
  choices.some(({ what, value }) => what === 'changes at random' && value === 'none');

/**
 * Time, speed and memory, as far as they are known.
 * @param {Plan} plan
 * @returns {[what: string, value: string][]}
 */
export function planFacts({ minutes, speed, memory, pictures }) {
  /** @type {[number, string, string][]} */
  const facts = [
    [minutes, say('train.plan_time'), roughDuration(60 * minutes)],
    [speed, say('train.plan_speed'), formatNumber(speed)],
    [memory, say('train.plan_memory'), fileSize(memory)],
    [pictures, say('train.plan_pictures'), plural(pictures, 'picture')],
  ];
  return facts.filter(([known]) => known).map(([, what, value]) => [what, value]);
}

/** What the planner says that is not seen among the facts and the choices. @param {Plan} plan */
export function planHints({ words, choices }) {
  const seen = ['memory', ...choices.map(({ what }) => what)];
  return words.filter((line) => !seen.some((what) => line.startsWith(`${what}: `)));
}

/** @param {HTMLElement} element @param {Plan} plan */
export function showPlan(element, plan) {
  if (!isNews(element, plan)) return;
  const facts = planFacts(plan).map(([what, value]) =>
    make('div', {}, make('dt', { textContent: what }), make('dd', { textContent: value })));
  const hints = planHints(plan).map((words) => make('p', { className: 'hint', textContent: words }));
  element.replaceChildren(make('dl', { className: 'facts' }, ...facts), ...hints);
}

/** What was chosen, and why, as a list of terms. @param {HTMLElement} list @param {Choice[]} choices */
export function showChoices(list, choices) {
  if (!isNews(list, choices)) return;
  list.replaceChildren(...choices.map(({ what, value, why }) => make('div', {},
    make('dt', { textContent: what }),
    make('dd', {}, make('b', { textContent: value }), why ? make('small', { textContent: why }) : ''))));
}
