// What has somebody chosen and typed for a new model, and what is the server asked for by that?

/**
 * An upload, as far as it has come.
 * @typedef {{set: string | null, title: string, done: number, of: number}} Sent
 */
/**
 * @typedef {object} Draft
 * @property {string} data the name of a data set, "upload:ID", "folder:PATH", or '' for none yet
 * @property {string} words what the pictures are called
 * @property {number} sent files of an upload
 * @property {string} title of the model
 * @property {boolean} named the title was typed, and not made from the pictures' name
 * @property {string} credit
 * @property {string} licence
 * @property {string} crop
 * @property {string[]} keep reasons, or "/" and names of files, that are used all the same
 * @property {string} leave_out patterns, with commas between them
 * @property {string} family
 * @property {string} size
 * @property {string} minutes
 * @property {string} init_from
 * @property {Sent | null} sending an upload that is under way, or was when the page went
 * @property {string | null} look the server's name for what it has found in the pictures
 */

export const DRAFT_KEY = 'genimg-train-draft'; // of the browser's storage

/** @type {Readonly<Draft>} */
const EMPTY = {
  data: '', words: '', sent: 0, title: '', named: false, credit: '', licence: '', crop: 'auto', keep: [],
  leave_out: '', family: '', size: '', minutes: '', init_from: '', sending: null, look: null,
};

/** A new draft with what was kept of one. @param {Partial<Draft> | null} [kept] @returns {Draft} */
export const makeDraft = (kept) => ({ ...EMPTY, ...kept });

/** Whether it is a data set with a name, which somebody has prepared long ago. @param {Draft} draft */
export const isNamedSet = ({ data }) => !data.includes(':');

/** The server's name for the pictures if they were sent, or ''. @param {Draft} draft */
export const uploadOf = ({ data }) => (data.startsWith('upload:') ? data.slice('upload:'.length) : '');

/**
 * What changes when these pictures are chosen: what was said of others goes.
 * @param {Draft} draft
 * @param {string} data
 * @param {string} title a name for the pictures
 * @param {number} sent
 * @returns {Partial<Draft>}
 */
export function choosing(draft, data, title, sent) {
  const words = data.startsWith('folder:') ? data.slice('folder:'.length) : title;
  return {
    data, words, sent, title: draft.named ? draft.title : title, keep: [], leave_out: '', sending: null,
  };
}

/**
 * `keep` with a reason or a file more, or without it.
 * @param {string[]} keep
 * @param {string} what
 * @param {boolean} on
 */
export const keeping = (keep, what, on) => (on ? [...keep, what] : keep.filter((other) => other !== what));

/** @param {string} patterns with commas or line ends between them */
const splitPatterns = (patterns) => patterns.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);

/**
 * What is to be done, without a name: for a look at it.
 * @param {Draft} draft
 */
export function previewRequest({ data, crop, keep, leave_out: patterns, family, size, minutes, init_from: from }) {
  return {
    data, crop, keep, leave_out: splitPatterns(patterns),
    ...(family && { family }), ...(size && { size: Number(size) }),
    ...(Number(minutes) > 0 && { minutes: Number(minutes) }), ...(from && { init_from: from }),
  };
}

/**
 * The same, to be begun.
 * @param {Draft} draft
 */
export function runRequest(draft) {
  const [title, credit, licence] = [draft.title, draft.credit, draft.licence].map((words) => words.trim());
  return { ...previewRequest(draft), title, ...(credit && { credit }), ...(licence && { licence }) };
}
