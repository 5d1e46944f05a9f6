// Which files are there in what somebody has dropped or chosen, and which of them can be sent?

import { say } from '../words/say.js';

/**
 * A file, and its name with the folders that it came in.
 * @typedef {{file: File, name: string}} Named
 */
/** @typedef {{name: string, words: string}} Refused a file that does not go, and why */
/**
 * What can be sent.
 * @typedef {object} Gathered
 * @property {Named[]} files
 * @property {number} skipped how many are no pictures
 * @property {string} title a name for all
 * @property {Refused[]} refused
 */

const NOISE = /(^|\/)(\.|__MACOSX\/|thumbs\.db$|desktop\.ini$)/i;

/** Whether a file is one that systems leave behind in folders. @param {string} name */
export const isNoise = (name) => NOISE.test(name);

/** @param {{name: string, type: string}} file */
export const isPicture = ({ name, type }) =>
  !type || type.startsWith('image/') || /zip/.test(type) || /\.zip$/i.test(name);

/**
 * What all names have in common: the folder or the zip that was sent, with its slash; or ''.
 * @param {string[]} names
 */
export function commonFolder(names) {
  const [first = ''] = names, slash = first.indexOf('/') + 1;
  const folder = first.slice(0, slash);
  return names.every((name) => name.startsWith(folder)) ? folder : '';
}

/** A name for these files: that of their folder, or of the only one. @param {string[]} names */
export function titleOf(names) {
  const folder = commonFolder(names);
  if (folder) return folder.slice(0, -1);
  return names.length === 1 ? names[0].replace(/\.\w+$/, '') : say('train.my_pictures');
}

/** Whether a file that is called a zip does not begin like one: seen before it is sent. @param {Named} named */
async function isNoZip({ name, file }) {
  if (!/\.zip$/i.test(name)) return false;
  const start = await file.slice(0, 2).arrayBuffer().catch(() => new ArrayBuffer(0));
  const [first, second] = new Uint8Array(start);
  return first !== 0x50 || second !== 0x4b;
}

/**
 * Add all files in folders within folders that were dropped.
 * @param {FileSystemEntry} entry
 * @param {Named[]} found
 */
async function walk(entry, found) {
  if (entry.isFile) {
    const inside = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File | null} */
    const file = await new Promise((done) => inside.file(done, () => done(null)));
    if (file) found.push({ file, name: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) { // a hundred at a time
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (!entries.length) return;
    for (const inner of entries) await walk(inner, found);
  }
}

/**
 * All files of what was dropped (a DataTransfer) or chosen (a FileList).
 * @param {DataTransfer | FileList} source
 */
async function filesIn(source) {
  /** @type {Named[]} */
  const found = [];
  if (source instanceof DataTransfer) { // to be asked for at once: they are gone when the event is over
    const entries = [...source.items].map((item) => item.webkitGetAsEntry?.());
    const folders = entries.filter((entry) => entry !== null && entry !== undefined);
    const loose = folders.length ? [] : [...source.files];
    for (const entry of folders) await walk(entry, found);
    for (const file of loose) found.push({ file, name: file.name });
  } else {
    for (const file of source) found.push({ file, name: file.webkitRelativePath || file.name });
  }
  return found;
}

/**
 * What can be sent of that which was dropped or chosen.
 * @param {DataTransfer | FileList} source
 * @returns {Promise<Gathered>}
 */
export async function gatherPictures(source) {
  const wanted = (await filesIn(source)).filter(({ name }) => !isNoise(name));
  const pictures = wanted.filter(({ file }) => isPicture(file));
  const wrong = await Promise.all(pictures.map(isNoZip));
  const files = pictures.filter((_, i) => !wrong[i]);
  return {
    files,
    skipped: wanted.length - pictures.length,
    title: titleOf(files.map(({ name }) => name)),
    refused: pictures.filter((_, i) => wrong[i]).map(({ name }) => ({ name, words: say('train.no_zip') })),
  };
}
