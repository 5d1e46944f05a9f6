// How are numbers, times and amounts said in plain words?

import { LANGUAGE, say } from '../words/say.js';

/** "12,400". @param {number} value */
export const formatNumber = (value) => Math.round(value).toLocaleString(LANGUAGE);

/** @typedef {'picture' | 'file' | 'second' | 'minute' | 'hour' | 'day'} Noun */

/** "1 picture", "12,400 pictures". @param {number} count @param {Noun} noun */
export const plural = (count, noun) => say(`train.n_${noun}`, { n: Math.round(count), count: formatNumber(count) });

/** @param {string} words */
export const capitalize = (words) => (words ? words[0].toUpperCase() + words.slice(1) : '');

/** "40 seconds", "6 minutes", "1 hour 20 minutes". @param {number} seconds */
export function duration(seconds) {
  if (seconds < 0.5) return say('train.under_second');
  if (seconds < 90) return plural(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return plural(minutes, 'minute');
  const rest = minutes % 60;
  return plural((minutes - rest) / 60, 'hour') + (rest ? ` ${plural(rest, 'minute')}` : '');
}

/** How long something will take, as nobody knows it to the second. @param {number} seconds */
export function roughDuration(seconds) {
  if (seconds < 60) return say('train.under_minute');
  const minutes = seconds / 60;
  const rounded = minutes < 20 ? Math.ceil(minutes) : Math.ceil(minutes / 5) * 5;
  return say('train.about', { time: duration(60 * rounded) });
}

/** The same where there is little room. @param {number} seconds */
export function shortDuration(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 1) return say('train.under_min');
  if (minutes < 90) return say('train.short_minutes', { n: minutes });
  return say('train.short_hours', { n: Math.round(minutes / 60) });
}

/**
 * How long ago something was.
 * @param {number} then in seconds since 1970, as `now` is
 */
export function timeAgo(then, now = Date.now() / 1000) {
  const seconds = Math.max(0, now - then);
  if (seconds < 60) return say('train.just_now');
  if (seconds < 5400) return say('train.ago', { time: plural(seconds / 60, 'minute') });
  if (seconds < 36 * 3600) return say('train.ago', { time: plural(seconds / 3600, 'hour') });
  return say('train.ago', { time: plural(seconds / 86400, 'day') });
}

/** "4 kB", "4.2 MB". @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1e6) return say('train.kilobytes', { n: Math.round(bytes / 1e3) });
  const size = bytes < 1e9 ? bytes / 1e6 : bytes / 1e9;
  const n = size < 10 ? size.toFixed(1) : Math.round(size);
  return say(bytes < 1e9 ? 'train.megabytes' : 'train.gigabytes', { n });
}
