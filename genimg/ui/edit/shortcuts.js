// Which keys does the Edit tab know? They are listed in the dialog that "?" opens.

import { byId, closest } from '../shell/dom.js';
import { session } from './tab.js';

const editIsOpen = () => document.getElementById('edit-grid')?.offsetParent !== null;

const WRITING = 'input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]';

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const WITH_CONTROL = {
  z: (event) => session?.step(event.shiftKey ? 'redo' : 'undo'),
  y: () => session?.step('redo'),
  s: () => session?.saving.save(),
};
/** @type {Record<string, () => void>} */
const PLAIN = {
  r: () => document.getElementById('draw')?.click(),
  n: () => session?.next(1),
  p: () => session?.next(-1),
  d: () => press('[data-compare=difference]'),
  v: () => press('[data-compare=split]'),
  c: () => session?.viewer.hold(true),
  '?': () => help(),
};

/** @param {string} selector */
function press(selector) {
  const button = document.querySelector(selector);
  if (button instanceof HTMLElement) button.click();
}

function help() {
  const dialog = byId('shortcuts', HTMLDialogElement);
  if (dialog.open) dialog.close(); else dialog.showModal();
}
document.addEventListener('keydown', (event) => {
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  const act = (control ? WITH_CONTROL : PLAIN)[key];
  if (!act || event.altKey || (event.repeat && key !== 'z' && key !== 'y')) return;
  const writing = event.target instanceof Element && event.target.matches(WRITING);
  if (writing && !(control && key === 's')) return; // a field has its own undo
  if (key !== '?' && (!session || !editIsOpen() || document.querySelector('dialog[open]'))) return;
  event.preventDefault();
  act(event);
});
document.addEventListener('click', ({ target }) => {
  if (closest(target, '#keys')) help();
  if (target instanceof HTMLDialogElement && target.id === 'shortcuts') target.close(); // beside the list
});
