// What is said of a run, and which of its buttons are there?

import { capitalize, duration, formatNumber, plural, roughDuration, shortDuration, timeAgo } from './words.js';

/** @import { Run, RunBrief } from '../server.d.ts' */
/** @typedef {Run | RunBrief} AnyRun */

/**
 * What a person reads, the sign beside it, and its colour.
 * @typedef {[words: string, symbol: string, kind: string]} Told
 */

/** @type {Record<string, Told>} */
const PHASES = {
  waiting: ['Waiting', '◷', 'wait'],
  preparing: ['Getting ready', '◷', 'wait'],
  training: ['Training', '●', 'good'],
  finishing: ['Finishing', '●', 'good'],
  finished: ['Finished', '✓', 'good'],
  stopped: ['Stopped', '■', 'rest'],
  interrupted: ['Was interrupted', '!', 'warn'],
  failed: ['Failed', '✕', 'bad'],
  damaged: ['Damaged', '✕', 'bad'],
};

/**
 * One that has its turn waits for nothing but its program: it is getting ready.
 * @param {{phase: string, words: string}} run
 */
export const isStarting = ({ phase, words }) => phase === 'waiting' && words === 'starting';

/**
 * @param {{phase: string, words: string}} run
 * @returns {Told}
 */
export const tellPhase = (run) => PHASES[isStarting(run) ? 'preparing' : run.phase] ?? [run.phase, '·', 'rest'];

/** What it is called. @param {AnyRun} run */
export const titleOf = ({ title, name }) => title || name;

/**
 * Its kind, its pictures and its age.
 * @param {AnyRun} run
 * @param {number} [now] in seconds since 1970
 */
export function aboutLine({ kind, data, title, phase, created }, now) {
  const from = data && data !== title && !/^(upload|folder):/.test(data) ? `from ${data}` : '';
  const begun = phase === 'waiting' ? 'asked for' : 'begun';
  return [kind, from, created ? `${begun} ${timeAgo(created, now)}` : ''].filter(Boolean).join(' · ');
}

/** How long it still takes; null where nobody knows. @param {AnyRun} run */
const secondsLeft = ({ phase, seconds_left: left }) =>
  (phase === 'training' && left !== null && left >= 0 ? left : null);

/** In one line how far it is; the server's words are for what is being done. @param {AnyRun} run */
export function progressLine(run) {
  const { phase, words, images, seconds, speed, progress } = run, left = secondsLeft(run);
  const counts = /pictures seen/.test(words); // the rest of such words is told by the curves
  const doing = counts || ['failed', 'interrupted', 'damaged'].includes(phase) ? '' : words; // that is said below
  if (phase === 'training') {
    return [
      `${Math.floor(100 * progress)} %`, left === null ? '' : `${roughDuration(left)} left`,
      speed > 0 ? `${formatNumber(speed)} pictures a second` : '', `${plural(images, 'picture')} seen`, doing,
    ].filter(Boolean).join(' · ');
  }
  const seen = images > 0 && phase !== 'preparing' ? `${plural(images, 'picture')} seen in ${duration(seconds)}` : '';
  return [capitalize(doing), seen].filter(Boolean).join(' · ');
}

/** The same where there is little room. @param {AnyRun} run */
export function stateLine(run) {
  const left = secondsLeft(run);
  return left === null ? tellPhase(run)[0] : `${Math.floor(100 * run.progress)} % · ${shortDuration(left)} left`;
}

/** What has gone wrong, and what to do. @param {AnyRun} run */
export function advice({ phase, words, trouble }) {
  if (phase === 'failed') {
    return capitalize(trouble) || words || 'It failed, and left no word why. See what it printed last.';
  }
  if (trouble) return trouble;
  if (phase === 'interrupted') {
    return 'It was interrupted, perhaps because the machine was switched off. What it has learned is kept: '
      + 'go on where it was?';
  }
  return phase === 'damaged' ? 'Its files cannot be read. Delete it, or put them right by hand.' : '';
}

/** How it does, as far as that is not said already. @param {Run} run */
export function healthOf({ phase, trouble, health }) {
  if (phase === 'waiting' || phase === 'preparing') return []; // nobody can tell yet
  return health.filter(({ words }) => words !== trouble);
}

/** Why there is no timeline. @param {AnyRun} run */
export function emptyTimeline({ working, draws }) {
  if (!draws) return 'A classifier draws nothing, so it has no timeline of pictures.';
  return working ? 'The first pictures appear here after a little while.'
    : 'It has not come far enough to show any pictures.';
}

/** Whether its model can be opened, now or in a moment. @param {AnyRun} run */
export const isOpenable = ({ phase, working, images, opens, draws }) =>
  draws && (working || opens) && (phase === 'training' || phase === 'finished' || images > 0);

/** @param {AnyRun} run */
export function openLabel({ phase, opens }) {
  if (phase === 'finished') return 'Open in Edit';
  return opens ? 'Open in Edit as it is now' : 'Open in Edit in a minute'; // when its state is written
}

/** @param {AnyRun} run */
export const stopLabel = (run) => (run.phase === 'waiting' && !isStarting(run) ? 'Take out of the queue' : 'Stop');

/**
 * What is lost with it.
 * @param {AnyRun} run
 * @param {boolean} removable its model can go with it, which is asked beside
 */
export function deletionWords({ phase, images, model }, removable) {
  const sentences = [];
  if (images > 0) {
    const learned = `${plural(images, 'picture')} of learning`;
    sentences.push(`Its timeline, its curves and what it needs to go on (${learned}) are gone for good.`);
    if (model && !removable) sentences.push('Its model stays in the menu.');
    if (!model && !removable && phase !== 'finished') {
      sentences.push('It has no model in the menu yet: open it in Edit first if you want to keep what it has '
        + 'learned.');
    }
  } else {
    sentences.push('It is gone for good.');
  }
  return [...sentences, 'Your own pictures are not touched.', 'This cannot be undone.'].join(' ');
}
