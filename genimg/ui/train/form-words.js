// What does the form for a new model say of its state?

import { say } from '../words/say.js';
import { isNamedSet } from './draft.js';
import { fileSize, formatNumber, plural } from './words.js';

/** @import { LookAnswer, LookSheets, PicturesReport, Plan } from '../server.d.ts' */
/** @import { Draft, Sent } from './draft.js' */
/** @import { Job } from './preview.js' */

/**
 * What was found in the pictures last; sets by name need no report.
 * @typedef {object} Found
 * @property {PicturesReport | null} report
 * @property {Plan | null} plan perhaps of before
 * @property {boolean} fresh the plan is of now
 * @property {LookSheets} sheets
 * @property {string | null} error
 */

/**
 * What was found, now that the server says this; null where it says nothing that can be used.
 * @param {Found | null} before
 * @param {LookAnswer} answer
 * @param {boolean} named it is a set with a name
 * @returns {Found | null}
 */
export function foundNow(before, { report, plan, sheets, error }, named) {
  if (!report && !plan && !named) return error ? null : before; // found with other settings
  return { report, plan: plan ?? before?.plan ?? null, fresh: Boolean(plan), sheets, error };
}

/**
 * Why a training cannot begin; '' if it can.
 * @param {Found | null} found
 * @param {Draft} draft
 * @param {string} wrongMinutes
 */
export function missing(found, draft, wrongMinutes) {
  if (!found || (found.report && !found.report.used)) return say('train.no_pictures');
  if (found.error) return say('train.mend_first');
  return wrongMinutes || (draft.title.trim() ? '' : say('train.give_name'));
}

/** @param {{least: number, most: number}} minutes that can be chosen */
export const minutesRange = ({ least, most }) => say('train.give_minutes', { least, most: formatNumber(most) });

/** An upload that a reload has cut off. @param {Sent} sent */
export const interrupted = ({ title, done, of }) =>
  say('train.upload_interrupted', { title, done: formatNumber(done), files: plural(of, 'file') });

/**
 * How far an upload is, and as a part of 1.
 * @param {{done: number, count: number, bytes: number, total: number}} upload
 */
export function uploadProgress({ done, count, bytes, total }) {
  const words = say('train.upload_part', {
    done: formatNumber(done), files: plural(count, 'file'), sent: fileSize(bytes), total: fileSize(total),
  });
  return { words, share: total ? bytes / total : 0 };
}

/**
 * How far the look at the pictures is, and as a part of 1; null where nobody knows.
 * @param {Job | null} job null for one that begins in a moment
 * @param {Draft} draft
 */
export function previewProgress(job, draft) {
  const planning = job?.stage === 'plan' || isNamedSet(draft);
  const otherwise = say(planning ? 'train.planning' : 'train.looking');
  const progress = job?.progress;
  return { words: progress?.words || otherwise, share: progress?.of ? progress.done / progress.of : null };
}
