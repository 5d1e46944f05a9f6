// What is said of a run, and which of its buttons are there?

import { say } from '../words/say.js';
import { capitalize, duration, formatNumber, plural, roughDuration, shortDuration, timeAgo } from './words.js';

/** @import { Run, RunBrief } from '../server.d.ts' */
/** @typedef {Run | RunBrief} AnyRun */

/**
 * What a person reads, the sign beside it, and its colour.
 * @typedef {[words: string, symbol: string, kind: string]} Told
 */

/** @type {Record<string, Told>} */
const PHASES = {
  waiting: [say('train.phase_waiting'), '◷', 'wait'],
  preparing: [say('train.phase_preparing'), '◷', 'wait'],
  training: [say('train.phase_training'), '●', 'good'],
  finishing: [say('train.phase_finishing'), '●', 'good'],
  finished: [say('train.phase_finished'), '✓', 'good'],
  stopped: [say('train.phase_stopped'), '■', 'rest'],
  interrupted: [say('train.phase_interrupted'), '!', 'warn'],
  failed: [say('train.phase_failed'), '✕', 'bad'],
  damaged: [say('train.phase_damaged'), '✕', 'bad'],
};
/** Of these, what is being done is told by numbers, or by the advice. */
const TOLD_OTHERWISE = ['training', 'failed', 'interrupted', 'damaged'];

/**
 * One that has its turn waits for nothing but its program: it is getting ready.
 * @param {Pick<AnyRun, 'phase' | 'starting'>} run
 * @returns {Told}
 */
export const tellPhase = ({ phase, starting }) => PHASES[starting ? 'preparing' : phase] ?? [phase, '·', 'rest'];

/** What it is called. @param {AnyRun} run */
export const titleOf = ({ title, name }) => title || name;

/**
 * Its kind, its pictures and its age.
 * @param {AnyRun} run
 * @param {number} [now] in seconds since 1970
 */
export function aboutLine({ kind, data, title, phase, created }, now) {
  const from = data && data !== title && !/^(upload|folder):/.test(data) ? say('train.of_data', { data }) : '';
  const time = timeAgo(created, now), begun = say(phase === 'waiting' ? 'train.asked_for' : 'train.begun', { time });
  return [kind, from, created ? begun : ''].filter(Boolean).join(' · ');
}

/** How long it still trains, or reads its pictures; null where nobody knows. @param {AnyRun} run */
const secondsLeft = ({ phase, seconds_left: left }) =>
  (['preparing', 'training'].includes(phase) && left !== null && left >= 0 ? left : null);

/** How much of what is being done is over, as a part of 1. @param {AnyRun} run */
export const partDone = ({ phase, progress, prepared }) => (phase === 'preparing' && prepared) || progress;

/** In one line how far it is; the server's words are for what is being done. @param {AnyRun} run */
export function progressLine(run) {
  const { phase, words, images, seconds, speed, progress } = run, left = secondsLeft(run);
  const pictures = plural(images, 'picture');
  if (phase === 'training') {
    return [
      `${Math.floor(100 * progress)} %`, left !== null && say('train.left', { time: roughDuration(left) }),
      speed > 0 && say('train.a_second', { n: formatNumber(speed) }), say('train.seen', { pictures }),
    ].filter(Boolean).join(' · ');
  }
  const doing = !TOLD_OTHERWISE.includes(phase) && capitalize(words);
  const isSeen = images > 0 && phase !== 'preparing';
  const time = left !== null && say('train.left', { time: roughDuration(left) });
  const seen = isSeen && say('train.seen_in', { pictures, time: duration(seconds) });
  return [doing, time, seen].filter(Boolean).join(' · ');
}

/** The same where there is little room. @param {AnyRun} run */
export function stateLine(run) {
  const left = secondsLeft(run);
  if (left === null) return tellPhase(run)[0];
  return `${Math.floor(100 * partDone(run))} % · ${say('train.left', { time: shortDuration(left) })}`;
}

/** What has gone wrong, and what to do. @param {AnyRun} run */
export function advice({ phase, words, trouble }) {
  if (phase === 'failed') return capitalize(trouble) || words || say('train.failed_silently');
  if (trouble) return trouble;
  if (phase === 'interrupted') return say('train.interrupted');
  return phase === 'damaged' ? say('train.damaged') : '';
}

/** How it does, as far as that is not said already. @param {Run} run */
export function healthOf({ phase, trouble, health }) {
  if (phase === 'waiting' || phase === 'preparing') return []; // nobody can tell yet
  return health.filter(({ words }) => words !== trouble);
}

/** Why there is no timeline. @param {AnyRun} run */
export function emptyTimeline({ working, draws }) {
  if (!draws) return say('train.line_none');
  return say(working ? 'train.line_soon' : 'train.line_early');
}

/** Whether its model can be opened, now or in a moment. @param {AnyRun} run */
export const isOpenable = ({ phase, working, images, opens, draws }) =>
  draws && (working || opens) && (phase === 'training' || phase === 'finished' || images > 0);

/** @param {AnyRun} run */
export function openLabel({ phase, opens }) {
  if (phase === 'finished') return say('train.open');
  return say(opens ? 'train.open_now' : 'train.open_soon'); // when its state is written
}

/** @param {AnyRun} run */
export const stopLabel = ({ phase, starting }) =>
  say(phase === 'waiting' && !starting ? 'train.leave_queue' : 'train.stop');

/**
 * What is lost with it.
 * @param {AnyRun} run
 * @param {boolean} removable its model can go with it, which is asked beside
 */
export function deletionWords({ phase, images, model }, removable) {
  const sentences = [];
  if (images > 0) {
    sentences.push(say('train.lost', { pictures: plural(images, 'picture') }));
    if (model && !removable) sentences.push(say('train.lost_not_model'));
    if (!model && !removable && phase !== 'finished') sentences.push(say('train.lost_no_model'));
  } else {
    sentences.push(say('train.lost_nothing'));
  }
  return [...sentences, say('train.lost_not_pictures'), say('train.lost_for_good')].join(' ');
}
