// What was found in somebody's pictures? The report of the server in plain words.

import { say } from '../words/say.js';
import { commonFolder } from './gather.js';
import { formatNumber, plural } from './words.js';

/** @import { LeftOutFile, PicturesReport } from '../server.d.ts' */

const MOST_LABELS = 6; // that are named

/** How many can be used. @param {PicturesReport} report */
export function verdict({ found, used, reasons }) {
  if (used === found) return say('train.use_all', { pictures: plural(found, 'picture') });
  const files = plural(found, reasons['not a picture'] ? 'file' : 'picture');
  return say('train.use_some', { used: formatNumber(used), files });
}

/** Colour, sizes and labels in one line. @param {PicturesReport} report */
export function facts({ colour, sides, shape, labels }) {
  const { least, median, most } = sides;
  const range = { least: formatNumber(least), most: formatNumber(most), median: formatNumber(median) };
  const parts = [
    say(colour ? 'train.colour' : 'train.grey'),
    say(least === most ? 'train.one_side' : 'train.sides', range),
    say('train.used_at', { shape: shape.toReversed().join(' × ') }),
  ];
  if (labels.length > 1) {
    const named = labels.slice(0, MOST_LABELS).map(({ name, count }) => `${name} ${formatNumber(count)}`);
    const more = labels.length > MOST_LABELS ? ' …' : '';
    parts.push(say('train.kinds', { n: labels.length, kinds: named.join(', ') + more }));
  }
  return parts.join(' · ');
}

/** @param {PicturesReport} report */
export function leftOutTitle({ reasons }) {
  const total = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  return say(total ? 'train.left_out_why' : 'train.nothing_left_out', { count: formatNumber(total) });
}

/**
 * One reason why files are left out, or a single file ("/" and its name) that is used all the same.
 * @typedef {object} Reason
 * @property {string} name
 * @property {number} count
 * @property {boolean} kept these are used all the same
 * @property {boolean} settled nobody can overrule it
 * @property {LeftOutFile[]} files perhaps not all; names without the folder that all have in common
 */

/**
 * @param {PicturesReport} report
 * @param {string[]} keep what is used all the same: reasons, and "/" with names of files
 * @returns {{folder: string, reasons: Reason[]}}
 */
export function reasonsOf({ reasons, left_out: files, settled }, keep) {
  const folder = files.length > 1 ? commonFolder(files.map(({ name }) => name)) : '';
  const names = [...new Set([...Object.keys(reasons), ...keep])];
  return {
    folder,
    reasons: names.map((name) => ({
      name, count: reasons[name] ?? 0, kept: keep.includes(name), settled: settled.includes(name),
      files: files.filter((file) => file.reason === name),
    })),
  };
}
