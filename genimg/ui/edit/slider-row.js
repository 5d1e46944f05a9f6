// One slider: its name, where it stands, its lock, and the small pictures under it.

import { MOST, endFor, nearestTo, tidy, valueAt } from './slider-scale.js';
import { make, notify } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { Moves, Changes } from '../server.d.ts' */
/** @import { PanelEvents } from './types.d.ts' */
/**
 * What a person does with a slider; `onrelease(true)` when the hand has left it.
 * @typedef {Pick<PanelEvents, 'onpull' | 'onlock' | 'ontake'>
 *   & {onhold: (name: string) => void, onrelease: (now: boolean) => void}} RowEvents
 */

const COLUMNS = 7; // small pictures under a slider
const STEP = 0.1;

const LOCK = `<svg viewBox="0 0 16 16" aria-hidden="true">
  <path class="bow" d="M5 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="currentColor" stroke-width="1.6"/>
  <rect x="3.4" y="7" width="9.2" height="6.6" rx="1.6" fill="currentColor"/></svg>`;

export class SliderRow {
  #held = false; // a hand is on the slider
  #isLocked = false;
  #reach = 0;
  #said = ''; // of the names of the cells
  name = '';
  /** How far the slider goes to both sides. */
  end = 0;

  /**
   * @param {number} index its place in the panel
   * @param {RowEvents} to what the person does
   */
  constructor(index, to) {
    this.to = to;
    this.label = make('label', { htmlFor: `pull-${index}` });
    this.trust = make('small');
    this.range = make('input', { type: 'range', id: `pull-${index}`, step: STEP });
    this.number = make('input', { type: 'number', step: STEP, min: -MOST, max: MOST });
    this.lock = make('button', { type: 'button', className: 'lock' });
    this.lock.innerHTML = LOCK;
    this.zero = make('button', { type: 'button', className: 'zero', textContent: '↺' });
    this.film = make('div', { className: 'film' });
    this.cells = Array.from({ length: COLUMNS }, (_, i) => {
      const cell = make('button', { type: 'button', tabIndex: -1 });
      cell.onclick = () => this.#go(valueAt(this.end, i, COLUMNS));
      return cell;
    });
    this.film.append(...this.cells);
    this.drags = make('p', { className: 'drags' });
    this.root = make('div', { className: 'direction', id: `slider-${index}` },
      this.label, this.range, this.number, this.lock, this.zero, this.film, this.drags);
    this.range.oninput = () => this.#pulled(Number(this.range.value), false);
    this.range.onchange = () => this.to.onrelease(this.#held);
    this.range.onpointerdown = () => { this.#held = true; this.to.onhold(this.name); };
    // `change` comes after `pointerup`: the step is kept there.
    this.range.onpointerup = this.range.onpointercancel = this.range.onlostpointercapture = () => {
      setTimeout(() => { if (this.#held) { this.#held = false; this.to.onrelease(true); } });
    };
    this.number.oninput = () => {
      const value = Number(this.number.value);
      if (this.number.value !== '' && Math.abs(value) <= MOST) this.#pulled(value, true);
    };
    this.number.onchange = () => {
      if (this.number.value === '') { this.number.value = tidy(Number(this.range.value)); return; }
      const wanted = Number(this.number.value), value = Math.min(Math.max(wanted, -MOST), MOST);
      if (value !== wanted) notify(say('edit.slider_most', { n: MOST }));
      this.#pulled(value, false);
      this.to.onrelease(true);
    };
    this.lock.onclick = () => this.to.onlock([this.name], !this.#isLocked);
    this.zero.onclick = () => this.to.ontake('move', this.name);
  }

  /**
   * Become the slider of a direction.
   * @param {string} name
   * @param {{trust: number, amount: number, reach: number, locked: boolean}} state
   */
  show(name, { trust, amount, reach, locked }) {
    if (this.name !== name) { this.clear(); this.#held = false; }
    this.name = name;
    this.#isLocked = locked;
    this.range.dataset.name = name;
    this.trust.textContent = ` ${trust} %`;
    this.label.replaceChildren(name, this.trust);
    this.number.setAttribute('aria-label', say('edit.slider_number', { name }));
    this.lock.setAttribute('aria-label', say('edit.slider_lock', { name }));
    this.lock.title = say(locked ? 'edit.slider_locked_title' : 'edit.slider_lock_title', { name });
    this.lock.setAttribute('aria-pressed', String(locked));
    this.zero.setAttribute('aria-label', say('edit.take_away', { what: name }));
    this.zero.title = say('edit.slider_zero_title');
    this.range.disabled = this.number.disabled = locked;
    this.root.classList.toggle('locked', locked);
    this.root.hidden = false;
    this.#reach = reach;
    this.set(amount);
  }

  /** Stand there, unless the person is just moving it. @param {number} amount */
  set(amount) {
    this.end = endFor(amount, this.#reach);
    this.#nameCells();
    if (!this.#held) {
      Object.assign(this.range, { min: -this.end, max: this.end, value: amount });
      this.#colour();
    }
    if (document.activeElement !== this.number) this.number.value = tidy(amount);
    this.zero.disabled = amount === 0 || this.#isLocked;
    this.#mark(amount);
  }

  /**
   * Show the small pictures under the slider, and what moves along with it.
   * @param {string} sprite the address of a picture of them
   * @param {number} row which row of it
   * @param {number} rows of how many
   * @param {(Moves | Changes)[]} drags
   */
  strip(sprite, row, rows, drags) {
    this.cells.forEach((cell, i) => {
      cell.style.backgroundImage = `url(${sprite})`;
      cell.style.backgroundSize = `${COLUMNS * 100}% ${rows * 100}%`;
      cell.style.backgroundPosition
        = `${(i * 100) / (COLUMNS - 1)}% ${rows > 1 ? (row * 100) / (rows - 1) : 0}%`;
    });
    this.film.classList.add('drawn');
    const words = drags.map((drag) => ('by' in drag
      ? `${drag.what} ${drag.by > 0 ? '+' : '−'}${Math.abs(drag.by).toFixed(1)}`
      : `${drag.what} ${drag.from} → ${drag.to}`));
    this.drags.textContent = words.length ? say('edit.slider_drags', { what: words.join(', ') }) : '';
    this.drags.title = this.drags.textContent; // a line shows the strongest
  }

  clear() {
    this.film.classList.remove('drawn');
    for (const cell of this.cells) cell.style.backgroundImage = '';
    this.drags.textContent = '';
  }

  #nameCells() {
    const said = `${this.name} ${this.end}`;
    if (said === this.#said) return;
    this.#said = said;
    this.cells.forEach((cell, i) => {
      cell.title = cell.ariaLabel = `${this.name} ${tidy(valueAt(this.end, i, COLUMNS))}`;
    });
  }

  /** @param {number} value */
  #go(value) {
    if (this.#isLocked) return;
    this.range.value = String(value);
    this.#pulled(value, false);
    this.to.onrelease(true);
  }

  /** @param {number} value @param {boolean} typed */
  #pulled(value, typed) {
    if (this.#isLocked) return;
    if (Math.abs(value) > this.end) this.set(value);
    if (typed) this.range.value = String(value); else this.number.value = tidy(value);
    this.#colour();
    this.#mark(value);
    this.zero.disabled = value === 0;
    this.to.onpull(this.name, value);
  }

  /** @param {number} value */
  #mark(value) {
    const nearest = nearestTo(value, this.end, COLUMNS);
    this.cells.forEach((cell, i) => cell.classList.toggle('here', i === nearest));
  }

  #colour() { // the track is filled from the middle
    const [min, max, value] = [this.range.min, this.range.max, this.range.value].map(Number);
    this.range.style.setProperty('--at', `${(100 * (value - min)) / (max - min)}%`);
  }
}
