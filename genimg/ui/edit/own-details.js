// How much of a photograph's own details is shown? One slider, which is pulled as those of the panel are.

import { byId, find } from '../shell/dom.js';
import { say } from '../words/say.js';

const KEYS_PAUSE_MS = 300; // keys change it many times in a row

/** What the share is called where sliders have names: no direction has an empty one. */
export const DETAILS = '';

/** A share of 0 to 1 in words. @param {number} share */
export const percent = (share) => say('edit.percent', { n: Math.round(100 * share) });

export class OwnDetails {
  #box = byId('own-details');
  #range = find(this.#box, 'input', HTMLInputElement);
  #output = find(this.#box, 'output');
  #held = false; // a hand is on the slider
  /** Until a step is kept. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{onpull: (share: number) => void, onkeep: () => void}} to what the person does */
  constructor(to) {
    const range = this.#range;
    range.oninput = () => { this.#say(); to.onpull(Number(range.value)); };
    const keep = () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#held = false;
      to.onkeep();
    };
    range.onchange = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(keep, this.#held ? 0 : KEYS_PAUSE_MS);
    };
    range.onpointerdown = () => { this.#held = true; };
    range.onpointerup = range.onpointercancel = () => setTimeout(() => { this.#held = false; });
  }

  /** Whether a step is about to be kept. */
  get waits() { return this.#timer !== undefined; }

  /** The share that is shown; null where a picture has no details of its own. @param {number | null} share */
  show(share) {
    this.#box.hidden = share === null;
    if (share === null || this.#held || this.waits) return;
    this.#range.value = String(share);
    this.#say();
  }

  #say() {
    const { value } = this.#range, words = percent(Number(value));
    this.#output.textContent = words;
    this.#range.ariaValueText = words;
    this.#range.style.setProperty('--range_progress', `${100 * Number(value)}%`);
  }
}
