// The little that Gradio has no part for: light and dark by hand, and numbers that a wheel leaves alone.

import { closest } from './dom.js';

const MODE = 'genimg-mode';

// Who scrolls the page over a number that has the focus does not want another number.
document.addEventListener('wheel', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.type !== 'number') return;
  if (target === document.activeElement) target.blur();
}, { capture: true, passive: true });

// Light and dark follow the system until somebody chooses.
function keptMode() {
  try { return localStorage.getItem(MODE); } catch { return null; }
}

document.addEventListener('click', ({ target }) => {
  if (!closest(target, '#mode')) return;
  const dark = document.body.classList.toggle('dark');
  try { localStorage.setItem(MODE, dark ? 'dark' : 'light'); } catch { /* not kept, then */ }
});

/** Whether the page has a head by now; then it is as light or dark as somebody has chosen. */
function applyMode() {
  if (!document.getElementById('mode')) return false;
  const mode = keptMode();
  if (mode) document.body.classList.toggle('dark', mode === 'dark');
  return true;
}
if (!applyMode()) {
  const arrival = new MutationObserver(() => { if (applyMode()) arrival.disconnect(); });
  arrival.observe(document.documentElement, { childList: true, subtree: true });
}
