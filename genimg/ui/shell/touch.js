// What does a finger on a slider mean? Across it pulls the slider, along the page it scrolls, and a tap sets it.
//
// A browser moves a slider as soon as a finger touches it, and takes nothing back when the page is scrolled instead.
// So what it says first is held back until it is known what the finger is up to. That holds for every slider of the
// page, Gradio's too; style.css leaves the scrolling to the browser (touch-action).

const SLIP = 8; // pixels that a finger may move while it taps

/**
 * A slider under a finger: where it stood, and where it is asked to stand.
 * @typedef {{range: HTMLInputElement, id: number, from: string, wanted: string | null, x: number, y: number}} Held
 */

/** @type {Held | null} */
let held = null; // while the finger has not decided yet
/** @type {EventTarget | null} */
let left = null; // the slider from which the page is being scrolled

/** @param {EventTarget | null} target @returns {target is HTMLInputElement} */
const isSlider = (target) => target instanceof HTMLInputElement && target.type === 'range';

/** The finger has pulled, or tapped: now the slider may stand where it was asked to. */
function decide() {
  if (!held) return;
  const { range, wanted } = held;
  held = null;
  if (wanted === null || wanted === range.value) return;
  range.value = wanted;
  range.dispatchEvent(new Event('input', { bubbles: true }));
}

/** It was no pull: everything is as before. */
function giveBack() {
  if (!held) return;
  held.range.value = held.from;
  left = held.range;
  held = null;
}

/**
 * @template {keyof DocumentEventMap} K
 * @param {K} name
 * @param {(event: DocumentEventMap[K]) => void} then
 */
const on = (name, then) => document.addEventListener(name, then, { capture: true, passive: true });

on('pointerdown', ({ target, pointerType, pointerId, clientX, clientY }) => {
  left = null;
  if (held) giveBack(); // a second finger: the page is made larger or smaller
  else if (pointerType === 'touch' && isSlider(target) && !target.disabled) {
    held = { range: target, id: pointerId, from: target.value, wanted: null, x: clientX, y: clientY };
  }
});
on('input', (event) => {
  if (held && held.range === event.target) {
    held.wanted = held.range.value;
    held.range.value = held.from;
  } else if (!left || left !== event.target) return;
  event.stopImmediatePropagation(); // nobody has been told, so nothing has to be taken back
});
on('pointermove', ({ pointerId, clientX, clientY }) => {
  if (!held || held.id !== pointerId) return;
  const [across, along] = [Math.abs(clientX - held.x), Math.abs(clientY - held.y)];
  if (across > SLIP && across > along) decide();
});
on('pointerup', ({ pointerId, clientX, clientY }) => {
  if (!held || held.id !== pointerId) return;
  if (Math.hypot(clientX - held.x, clientY - held.y) <= SLIP) decide(); else giveBack();
});
on('pointercancel', ({ pointerId }) => { if (held?.id === pointerId) giveBack(); }); // it scrolls
on('change', (event) => { if (left === event.target) event.stopImmediatePropagation(); });
const lifted = () => { setTimeout(() => { left = null; }); }; // `change` comes first
on('touchend', lifted);
on('touchcancel', lifted);
