// What did trainings of known length give, and how long would the same take here?

import { make } from '../shell/dom.js';
import { serverUrl } from '../shell/http.js';
import { say } from '../words/say.js';
import { isNews } from './parts.js';
import { formatNumber, roughDuration } from './words.js';

/** @import { Plan, TrainingExample } from '../server.d.ts' */

/**
 * What is said of an example, with the time that this computer takes to see as many pictures.
 * @param {TrainingExample} example
 * @param {number} speed pictures a second; 0 where it has not been timed
 */
export function exampleWords({ title, pictures, size, minutes, images, fd, fd_floor }, speed) {
  const told = say('train.example', {
    title, size, pictures: formatNumber(pictures), time: roughDuration(60 * minutes), images: formatNumber(images),
  });
  const here = speed && say('train.example_here', { time: roughDuration(images / speed) });
  const measured = fd && fd_floor
    && say('train.example_distance', { fd: formatNumber(fd), floor: formatNumber(fd_floor) });
  return [told, here, measured].filter(Boolean).join(' ');
}

/**
 * The examples of such a network as is planned; none where there are none.
 * @param {HTMLElement} element
 * @param {TrainingExample[]} examples
 * @param {Plan | null} plan
 */
export function showExamples(element, examples, plan) {
  const fitting = examples.filter(({ network }) => network === plan?.network);
  element.hidden = !fitting.length;
  if (!plan || !isNews(element, [fitting, plan.speed])) return;
  const figures = fitting.map((example) => {
    const words = exampleWords(example, plan.speed);
    const image = make('img', { alt: '', draggable: false, src: serverUrl(example.url) });
    return make('figure', { className: 'prepared' }, make('figcaption', { textContent: words }), image);
  });
  element.replaceChildren(make('summary', { textContent: say('train.examples') }),
    make('p', { className: 'hint', textContent: say('train.examples_hint') }), ...figures);
}
