// One slider: its name, where it stands, its lock, and the small pictures under it.

import { MOST, amountFor, inUnits, inWords, nearestTo, plain, shownAt, tidy, valueAt } from './slider-scale.js';
import { make, notify } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { Changes, Moves, NumberAnswer, NumberSheet } from '../server.d.ts' */
/** @import { PanelEvents } from './types.d.ts' */
/**
 * What a person does with a slider; `onrelease(true)` when the hand has left it.
 * @typedef {Pick<PanelEvents, 'onpull' | 'onlock' | 'ontake'>
 *   & {onhold: (name: string) => void, onrelease: (now: boolean) => void}} RowEvents
 */

const COLUMNS = 7; // small pictures under a slider

const LOCK = `<svg viewBox="0 0 16 16" aria-hidden="true">
  <path class="bow" d="M5 7V5a3 3 0 0 1 6 0v2" fill="none" stroke="currentColor" stroke-width="1.6"/>
  <rect x="3.4" y="7" width="9.2" height="6.6" rx="1.6" fill="currentColor"/></svg>`;

export class SliderRow {
  #held = false; // a hand is on the slider
  #isLocked = false;
  #reach = 0;
  /** What it is in units, where it is a number. @type {[NumberSheet, NumberAnswer] | null} */
  #number = null;
  #scale = plain(0, 1);
  #said = ''; // of the names of the cells
  name = '';

  /** The amounts at its two ends. */
  get low() { return amountFor(this.#scale, this.#scale.low); }

  get high() { return amountFor(this.#scale, this.#scale.high); }

  /**
   * @param {number} index its place in the panel
   * @param {RowEvents} to what the person does
   */
  constructor(index, to) {
    this.to = to;
    this.label = make('label', { htmlFor: `pull-${index}` });
    this.trust = make('small');
    this.range = make('input', { type: 'range', id: `pull-${index}` });
    this.number = make('input', { type: 'number' });
    this.shows = make('p', { className: 'shows' });
    this.lock = make('button', { type: 'button', className: 'lock' });
    this.lock.innerHTML = LOCK;
    this.zero = make('button', { type: 'button', className: 'zero', textContent: '↺' });
    this.film = make('div', { className: 'film' });
    this.cells = Array.from({ length: COLUMNS }, (_, i) => {
      const cell = make('button', { type: 'button', tabIndex: -1 });
      cell.onclick = () => this.#go(valueAt(this.#scale, i, COLUMNS));
      return cell;
    });
    this.film.append(...this.cells);
    this.drags = make('p', { className: 'drags' });
    this.root = make('div', { className: 'direction', id: `slider-${index}` },
      this.label, this.range, this.number, this.lock, this.zero, this.shows, this.film, this.drags);
    this.range.oninput = () => this.#pulled(Number(this.range.value), false);
    this.range.onchange = () => this.to.onrelease(this.#held);
    this.range.onpointerdown = () => { this.#held = true; this.to.onhold(this.name); };
    // `change` comes after `pointerup`: the step is kept there.
    this.range.onpointerup = this.range.onpointercancel = this.range.onlostpointercapture = () => {
      setTimeout(() => { if (this.#held) { this.#held = false; this.to.onrelease(true); } });
    };
    this.number.oninput = () => {
      const value = Number(this.number.value);
      if (this.number.value !== '' && Math.abs(amountFor(this.#scale, value)) <= MOST) this.#pulled(value, true);
    };
    this.number.onchange = () => {
      if (this.number.value === '') { this.#write(Number(this.range.value)); return; }
      const wanted = Number(this.number.value), amount = amountFor(this.#scale, wanted);
      const far = Math.abs(amount) > MOST;
      if (far) notify(say('edit.slider_most', { n: MOST }));
      this.#pulled(far ? shownAt(this.#scale, Math.sign(amount) * MOST) : wanted, false);
      this.to.onrelease(true);
    };
    this.lock.onclick = () => this.to.onlock([this.name], !this.#isLocked);
    this.zero.onclick = () => this.to.ontake('move', this.name);
  }

  /**
   * Become the slider of a direction.
   * @param {string} name
   * @param {{trust: number, amount: number, reach: number, locked: boolean,
   *   number: [NumberSheet, NumberAnswer] | null}}
   *   state `number` is what it is in units, where it is one
   */
  show(name, { trust, amount, reach, locked, number }) {
    if (this.name !== name) { this.clear(); this.#held = false; }
    this.name = name;
    this.#isLocked = locked;
    this.range.dataset.name = name;
    this.#number = number;
    this.trust.textContent = number ? this.#range(number[0]) : `${trust} %`;
    this.shows.hidden = !number;
    this.shows.title = number ? say('edit.slider_shows_title', { off: number[0].off }) : '';
    this.label.replaceChildren(name, ' ', this.trust);
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
    this.#scale = this.#number ? inUnits(amount, ...this.#number) : plain(amount, this.#reach);
    const { low, high, grain } = this.#scale, value = shownAt(this.#scale, amount);
    this.#nameCells();
    if (!this.#held) {
      Object.assign(this.range, { min: low, max: high, step: grain, value });
      this.#colour();
    }
    const ends = [-MOST, MOST].map((most) => tidy(shownAt(this.#scale, most), this.#scale.digits));
    Object.assign(this.number, { min: ends[0], max: ends[1], step: grain });
    if (document.activeElement !== this.number) this.#write(value);
    this.zero.disabled = amount === 0 || this.#isLocked;
    this.#mark(value);
  }

  /** @param {NumberSheet} number */
  #range({ low, high, unit }) {
    return say('edit.slider_range', { low: tidy(low), high: `${tidy(high)} ${unit}`.trimEnd() });
  }

  /** @param {number} value */
  #write(value) { this.number.value = tidy(value, this.#scale.digits); }

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
    const { low, high } = this.#scale, said = `${this.name} ${low} ${high}`;
    if (said === this.#said) return;
    this.#said = said;
    this.cells.forEach((cell, i) => {
      cell.title = cell.ariaLabel = `${this.name} ${inWords(this.#scale, valueAt(this.#scale, i, COLUMNS))}`;
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
    const amount = amountFor(this.#scale, value);
    if (value < this.#scale.low || value > this.#scale.high) this.set(amount);
    if (typed) this.range.value = String(value); else this.#write(value);
    this.#colour();
    this.#mark(value);
    this.zero.disabled = amount === 0;
    this.to.onpull(this.name, amount);
  }

  /** @param {number} value */
  #mark(value) {
    const nearest = nearestTo(this.#scale, value, COLUMNS);
    const words = inWords(this.#scale, value);
    if (this.#number) this.shows.textContent = say('edit.slider_shows', { value: words, off: this.#number[0].off });
    this.range.ariaValueText = this.#number ? words : null;
    this.cells.forEach((cell, i) => cell.classList.toggle('here', i === nearest));
  }

  #colour() { // the track is filled from where nothing is changed
    const { low, high, base } = this.#scale;
    /** @param {number} value */
    const place = (value) => `${Math.min(Math.max((100 * (value - low)) / (high - low), 0), 100)}%`;
    this.range.style.setProperty('--at', place(Number(this.range.value)));
    this.range.style.setProperty('--from', place(base));
  }
}
