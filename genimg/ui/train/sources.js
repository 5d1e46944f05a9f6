// In which ways are pictures chosen? Dropped, from a dialog, a data set by name, or a path.

import { make } from '../shell/dom.js';
import { say } from '../words/say.js';
import { gatherPictures } from './gather.js';
import { findPart, isNews } from './parts.js';

/** @import { Gathered, Refused } from './gather.js' */

const NAMED = 5; // files that did not arrive and are named

/**
 * Make the form's ways to choose pictures work.
 * @param {HTMLElement} form
 * @param {object} to
 * @param {(gathered: Gathered) => void} to.onfiles files were dropped or chosen
 * @param {(data: string, title: string) => void} to.ondata a data set by name, or "folder:PATH"
 */
export function connectSources(form, { onfiles, ondata }) {
  for (const name of ['files', 'folder']) {
    const input = findPart(form, name, HTMLInputElement);
    findPart(form, `pick-${name}`).onclick = () => input.click();
    input.onchange = async () => {
      if (!input.files) return;
      const gathered = await gatherPictures(input.files);
      input.value = ''; // the same ones may be chosen again
      onfiles(gathered);
    };
  }
  connectDrop(form, onfiles);
  const data = findPart(form, 'data', HTMLSelectElement);
  data.onchange = () => {
    const [title] = data.selectedOptions[0].text.split(':');
    if (data.value) ondata(data.value, title);
    data.value = '';
  };
  const path = findPart(form, 'path', HTMLInputElement);
  const use = () => {
    const typed = path.value.trim();
    if (typed) ondata(`folder:${typed}`, lastOf(typed));
  };
  findPart(form, 'use-path').onclick = use;
  path.onkeydown = (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault(); // else it would also press the button that gets the focus
    use();
  };
}

/** The last folder of a path of any system. @param {string} path */
export const lastOf = (path) => path.replace(/[\\/]+$/, '').split(/[\\/]/).at(-1) || path;

/**
 * @param {HTMLElement} form
 * @param {(gathered: Gathered) => void} onfiles
 */
function connectDrop(form, onfiles) {
  const drop = findPart(form, 'drop');
  let inside = 0; // entered and not left: the form and what lies in it
  /** @param {number} change */
  const enter = (change) => {
    inside = Math.max(0, inside + change);
    drop.classList.toggle('over', inside > 0);
  };
  /** @param {DragEvent} event */
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
  form.ondragenter = (event) => { if (hasFiles(event)) enter(1); };
  form.ondragleave = (event) => { if (hasFiles(event)) enter(-1); };
  form.ondrop = async (event) => {
    enter(-inside);
    const { dataTransfer } = event;
    if (!dataTransfer || !hasFiles(event)) return;
    const models = [...dataTransfer.files].some(({ name }) => name.endsWith('.safetensors'));
    if (models) return; // those are for the page
    event.preventDefault();
    onfiles(await gatherPictures(dataTransfer));
  };
}

/**
 * Which files did not arrive and why, in a few lines.
 * @param {Refused[]} refused by the server or before
 * @param {number} skipped files that are no pictures
 */
export function refusalLines(refused, skipped) {
  const lines = refused.slice(0, NAMED).map(({ name, words }) => `${name}: ${words}`);
  const rest = refused.length - NAMED;
  if (rest > 0) lines.push(say('train.and', { more: say('train.more', { count: rest }) }));
  if (skipped > 0) lines.push(say('train.not_sent', { n: skipped }));
  return lines;
}

/** @param {HTMLElement} box @param {Refused[]} refused @param {number} skipped */
export function showRefused(box, refused, skipped) {
  const lines = refusalLines(refused, skipped);
  box.hidden = !lines.length;
  if (!isNews(box, lines)) return;
  box.replaceChildren(...lines.map((words) => make('p', { className: 'hint', textContent: words })));
}
