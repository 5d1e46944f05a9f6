// Which sliders are there, where do they stand, and where would each of them lead?
//
// The rows are made once and set anew, never thrown away while a finger may be on one.

import { SliderRow } from './slider-row.js';
import { InView } from './strips.js';
import { byId, find, make } from '../shell/dom.js';
import { say } from '../words/say.js';

/** @import { ModelSheet, SceneAnswer, SliderPage, StripsAnswer } from '../server.d.ts' */
/** @import { RowEvents } from './slider-row.js' */
/** @import { Ends, PanelEvents, Totals } from './types.d.ts' */

const DRAG_PAUSE_MS = 300; // after the last key press on a slider, the step is kept

/** @type {SliderPage} */
const NO_PAGE = { title: '', factor: '', names: [], series: '' };

export class SliderPanel {
  #pool = byId('pool');
  #group = byId('group');
  #exchange = byId('exchange');
  #select = find(this.#exchange, 'select', HTMLSelectElement);
  #reach = byId('reach', HTMLSelectElement);
  #films = byId('filmstrips', HTMLInputElement);
  /** @type {SliderRow[]} */
  #rows = [];
  /** @type {ModelSheet | null} */
  #sheet = null;
  #page = NO_PAGE;
  /** Until a step is kept. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The slider that is in the hand. @type {string | null} */
  #held = null;

  /** @param {PanelEvents} to what the person does */
  constructor(to) {
    this.to = to;
    this.view = new InView(() => to.onview());
    /** @type {RowEvents} */
    this.forRows = {
      onpull: to.onpull,
      onlock: to.onlock,
      ontake: to.ontake,
      onhold: (name) => { this.#held = name; },
      onrelease: (now) => this.#release(now),
    };
    this.#reach.onchange = () => to.onpage();
    this.#films.onchange = () => {
      this.#pool.classList.toggle('plain', !this.#films.checked);
      to.onpage();
    };
  }

  /** The directions whose sliders are shown. */
  get names() { return this.#page.names; }

  /** The slider that is in the hand. */
  get held() { return this.#held; }

  /** Whether a step is about to be kept. */
  get waits() { return this.#timer !== undefined; }

  get #shown() { return this.#rows.slice(0, this.#page.names.length); }

  /** @param {boolean} now */
  #release(now) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (now) { this.#held = null; this.to.onkeep(); return; }
    this.#timer = setTimeout(() => { this.#timer = undefined; this.to.onkeep(); }, DRAG_PAUSE_MS);
  }

  /**
   * A model, or the same one; the page on which something is set comes to the front.
   * @param {ModelSheet} next
   * @param {Totals} amounts
   */
  model(next, amounts) {
    const same = this.#sheet?.id === next.id;
    this.#sheet = next;
    if (same) return;
    this.#group.replaceChildren(...next.pages.map(({ title }) => this.#tab(title)));
    this.#group.hidden = next.pages.length < 2;
    this.#choose(next.pages.find((one) => one.names.some((name) => amounts[name]))?.title);
  }

  /** The way to a page of sliders. @param {string} title */
  #tab(title) {
    const input = make('input', { type: 'radio', name: 'page' });
    input.onchange = () => { this.to.onkeep(); this.#choose(title); this.to.onpage(); };
    const label = make('label', {}, input, make('span', { textContent: title }));
    label.dataset.title = title;
    return label;
  }

  /** @param {string | undefined} title of a page; the first one if there is no such page */
  #choose(title) {
    const pages = this.#sheet?.pages ?? [];
    this.#page = pages.find((one) => one.title === title) ?? pages[0] ?? NO_PAGE;
    this.#group.querySelectorAll('label').forEach((label, i) => {
      find(label, 'input', HTMLInputElement).checked = label.dataset.title === this.#page.title;
      // Of a series the first one is the way to the others.
      const { series } = pages[i];
      label.hidden = series !== '' && series !== this.#page.series && series === pages[i - 1]?.series;
    });
  }

  /**
   * Where everything stands.
   * @param {Pick<SceneAnswer, 'amounts' | 'locks' | 'changes' | 'shows' | 'numbers' | 'details'>} scene
   * @param {Record<string, string>} [captions] for each label of an upload, what its name is worth
   */
  show({ amounts, locks, changes, shows, numbers, details }, captions) {
    const { title, factor, names } = this.#page, sheet = this.#sheet;
    if (!sheet) return;
    names.forEach((name, i) => {
      const row = this.#rows[i] ??= new SliderRow(i, this.forRows);
      if (!row.root.parentNode) {
        this.#pool.append(row.root);
        this.view.add(row.root);
      }
      row.show(name, {
        trust: sheet.directions[name],
        amount: amounts[name] ?? 0,
        reach: Number(this.#reach.value),
        locked: locks.includes(name),
        number: name in numbers ? [sheet.numbers[name], numbers[name]] : null,
      });
    });
    for (const row of this.#rows.slice(names.length)) row.root.hidden = true;
    const kept = names.length > 0 && names.every((name) => locks.includes(name));
    const value = changes[factor] ?? shows[factor];
    this.#exchange.hidden = value === undefined;
    if (value !== undefined) {
      const select = this.#select, known = sheet.factors[factor];
      find(this.#exchange, 'span').textContent = captions?.[factor]
        ?? say(details === undefined ? 'edit.exchange' : 'edit.exchange_upload'); // only uploads have details
      if ([...select.options].map((one) => one.value).join('\n') !== known.join('\n')) {
        select.replaceChildren(...known.map((one) => make('option', { value: one, textContent: one })));
      }
      select.value = value;
      select.disabled = kept;
      select.title = kept ? say('edit.page_kept', { name: title }) : '';
      select.onchange = () => this.to.onexchange(factor, select.value);
    }
    const all = byId('keep-page');
    all.setAttribute('aria-pressed', String(kept));
    all.textContent = say(kept ? 'edit.let_page_go' : 'edit.keep_page');
    all.onclick = () => this.to.onlock(names, !kept);
  }

  /** What to ask for the small pictures in view; null where none are wanted. @returns {Ends | null} */
  ends() {
    if (!this.#films.checked || !this.#page.names.length) return null;
    const seen = this.#shown.filter((row) => this.view.has(row.root));
    return {
      names: seen.map((row) => row.name),
      low: seen.map((row) => row.low),
      high: seen.map((row) => row.high),
    };
  }

  /** Take away the small pictures of some sliders, or of all. @param {string[] | null} names */
  clear(names = null) { for (const row of this.#rows) if (!names || names.includes(row.name)) row.clear(); }

  /** Those out of view are of a picture that is no longer there. */
  clearUnseen() { for (const row of this.#shown) if (!this.view.has(row.root)) row.clear(); }

  /** The small pictures of these directions have come. @param {StripsAnswer} answer @param {string[]} names */
  strips({ sprite, drags }, names) {
    for (const row of this.#shown) {
      const i = names.indexOf(row.name);
      if (i >= 0) row.strip(sprite, i, names.length, drags[i] ?? []);
    }
  }
}
